// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <toml++/toml.h>

#include <map>
#include <string>

namespace berth::config {

// Every key of a file ("hub.listen", "cluster.hpc.defaults.memory", "profile.small" for all of one
// [[profile]]) with a digest of its value: enough to see which have changed, and no secret in it.
using key_digests = std::map<std::string, std::string>;
key_digests digests_of(const toml::table& file);

} // namespace berth::config

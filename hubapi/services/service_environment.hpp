// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/secret.hpp"
#include "hubapi/model/settings.hpp"

#include <map>
#include <string>

namespace berth::hub {

// What a managed service is started with, as JupyterHub gives it (hub contract 3.5): the service's own
// `environment`, and the JUPYTERHUB_ variables over it. `base` is what it has of the hub's environment: no
// secret of the hub is in there.
std::map<std::string, std::string> service_environment(const settings& config, const service& s,
                                                       std::map<std::string, std::string> base,
                                                       const secret& token);

// PATH, the language and a Python environment, as far as the hub itself has them; HOME and USER.
std::map<std::string, std::string> kept_environment(const std::string& user);

} // namespace berth::hub

// SPDX-License-Identifier: BSD-3-Clause
// From the configuration to what the rooms want to know.
#pragma once

#include "auth/sessions/sessions.hpp"
#include "auth/tokens/tokens.hpp"
#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "hubapi/pages/views.hpp"
#include "hubapi/services/managed_services.hpp"

namespace berth::config {

hub::settings hub_settings(const configuration& c);
// The services that the hub starts. not_found or denied for an account that there is not, or that we cannot become.
result<std::vector<hub::managed_service>> managed_of(const configuration& c);
auth::session_settings session_settings(const configuration& c, const data_dir& d);
pages::site site_of(const configuration& c);

// The tokens of [[service]], and that of the commands on this machine (`berth token`), which any who can read the data
// directory may use as an administrator.
std::vector<std::pair<secret, auth::token_record>> configured_tokens(const configuration& c, const data_dir& d);

} // namespace berth::config

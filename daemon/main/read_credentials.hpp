// SPDX-License-Identifier: BSD-3-Clause
// The tables about the identity provider: [login.oidc], [login.header], [credentials], [[service_account]]. Private to the room.
#pragma once

#include "daemon/main/configuration.hpp"

namespace berth::config {

// A vault_keys_file that is named exists and holds keys: one made in its place would open nothing that is sealed.
std::string read_vault_keys_file(section& s);
oidc_keys read_oidc(section s);
header_keys read_header(section s);
credential_keys read_credentials(section s);
std::vector<auth::service_account> read_service_accounts(section& root, const oidc_keys& oidc);

} // namespace berth::config

// SPDX-License-Identifier: BSD-3-Clause
// Secrets at rest: AES-256-GCM under a ring of keys.
//
//   sealed = "v1." key-id "." base64url(nonce 12 | ciphertext | tag 16)      key-id: first 8 hex digits of
//   SHA-256 of the key
//
// `context` (which row, which column) is authenticated too: a sealed text moved to another row does not open.
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

class vault {
  public:
    // One key a line (64 hex digits, or 43/44 base64url: 32 bytes); blank lines and #-comments do not count.
    // The first seals, all open. invalid_argument names the line, never its content. At least one key.
    static result<vault> from_text(std::string_view key_file);

    std::string seal(const secret& plain, std::string_view context) const;
    // not_found: no key here opens it (which key id it needs is said); invalid_argument: damaged, or another
    // context.
    result<secret> open(std::string_view sealed, std::string_view context) const;
    // True when another key than the first sealed it: to be sealed anew.
    bool is_old(std::string_view sealed) const;

    std::size_t key_count() const { return keys_.size(); }

  private:
    struct key {
        std::string id;
        secret bytes;
    };
    std::vector<key> keys_;
};

// Reads <data_dir>/vault_keys (or `path`), made with one random key, 0600, when it is not there. Blocks: at
// start.
result<vault> open_vault(const std::string& path);

} // namespace berth::auth

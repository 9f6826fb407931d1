// SPDX-License-Identifier: BSD-3-Clause
// AES-256-GCM over OpenSSL: what is sealed can neither be read nor changed without the key.
//
//   sealed = nonce 12 | ciphertext | tag 16      raw bytes
#pragma once

#include "daemon/runtime/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace berth {

inline constexpr std::size_t sealing_key_bytes = 32;

// `context` is authenticated and not kept: it must be the same to open. Throws when the key has another
// length or OpenSSL fails (a bug, a broken environment).
std::string seal(const secret& key, std::string_view plain, std::string_view context);
// Nothing when it was not sealed by this key in this context.
std::optional<secret> unseal(const secret& key, std::string_view sealed, std::string_view context);

} // namespace berth

// SPDX-License-Identifier: BSD-3-Clause
// Hashes and random bytes, over OpenSSL. Outputs are raw bytes in a std::string unless the name says hex.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace berth {

std::string sha256(std::string_view data);                            // 32 bytes
std::string sha256_hex(std::string_view data);                        // 64 lower-case hex digits
std::string hmac_sha256(std::string_view key, std::string_view data); // 32 bytes

// True when equal; the time depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

// From the system's generator. Throws when the generator fails (a broken environment).
std::string random_bytes(std::size_t count);
std::string random_hex(std::size_t bytes);       // twice as many characters
std::string random_alnum(std::size_t characters); // [A-Za-z0-9], uniform

} // namespace berth

// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/secret.hpp"

#include "daemon/runtime/digest.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace berth {
namespace {

void wipe(std::string& s) {
    s.resize(s.capacity()); // the small-string buffer and any slack included
    OPENSSL_cleanse(s.data(), s.size());
    s.clear();
}

} // namespace

secret::secret(std::string value) : value_(value) { wipe(value); }
secret::secret(secret&& other) noexcept : value_(other.value_) { wipe(other.value_); }
secret& secret::operator=(const secret& other) {
    if (this != &other) {
        wipe(value_);
        value_ = other.value_;
    }
    return *this;
}
secret& secret::operator=(secret&& other) noexcept {
    if (this != &other) {
        wipe(value_);
        value_ = other.value_;
        wipe(other.value_);
    }
    return *this;
}
secret::~secret() { wipe(value_); }

bool operator==(const secret& a, const secret& b) { return equal_constant_time(a.value_, b.value_); }

} // namespace berth

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace berth {

// A token, password, cookie value or code. It cannot be printed or logged, compares in constant time, and its memory
// is overwritten when it ends. A value: copy and move as needed; each copy wipes itself.
class secret {
  public:
    secret() = default;
    explicit secret(std::string value);
    secret(const secret&) = default;
    secret(secret&& other) noexcept;
    secret& operator=(const secret& other);
    secret& operator=(secret&& other) noexcept;
    ~secret();

    // The only way to the value. Never pass the result to a logger, an error text or a command line.
    std::string_view reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

    // Constant time for equal lengths.
    friend bool operator==(const secret& a, const secret& b);

  private:
    std::string value_;
};

} // namespace berth

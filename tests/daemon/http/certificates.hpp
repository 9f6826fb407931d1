// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

namespace berth::http::test {

// A certificate authority, an intermediate one and a server's certificate, made on the spot in a folder of
// its own.
struct certificates {
    certificates();
    ~certificates();

    std::filesystem::path folder;
    std::string root;      // PEM of the root's certificate: what a client trusts
    std::string leaf, key; // of "localhost", signed by the intermediate
    std::string intermediate;
    std::string expired; // as `leaf`, with the same key, over since yesterday
    std::string other_key;

    // Writes the text to a file in the folder and returns its path.
    std::string write(const std::string& name, const std::string& text) const;
};

} // namespace berth::http::test

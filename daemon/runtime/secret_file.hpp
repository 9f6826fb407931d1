// SPDX-License-Identifier: BSD-3-Clause
// Small files: secrets that only their owner may read, and whole files read and replaced. These calls block:
// at start, or on a thread of its own.
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace berth {

// The file's content without surrounding white space. Refused (`denied`) when it is readable or writable by
// anybody but its owner, or when its owner is neither this process's user nor root; not_found;
// invalid_argument when it is empty or larger than 64 KiB. The sentence names the file, the mode found and
// the remedy.
result<secret> read_secret_file(const std::string& path);

// As read_secret_file; a file that does not exist is made first, 0600, with `bytes` random bytes in hex. It
// appears whole and on disk, or not at all, also when two processes make it at once.
result<secret> read_or_create_secret(const std::string& path, std::size_t bytes = 32);

// Makes the directory (not its parents) with mode 0700. One that exists is accepted when it is a directory of
// this process's user that others may not write in; `denied` with the remedy otherwise.
result<void> make_private_directory(const std::string& path);

// The whole file; limit_exceeded when it is larger than `limit` bytes.
result<std::string> read_file(const std::string& path, std::size_t limit = 16 << 20);

// Replaces the file at once and durably (a temporary file beside it, fsync, rename, fsync of the directory).
result<void> write_file(const std::string& path, std::string_view content, unsigned mode = 0600);

} // namespace berth

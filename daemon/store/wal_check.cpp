// SPDX-License-Identifier: BSD-3-Clause
// What is read here (SQLite's fileformat2 and walformat):
//   -wal:  32 bytes: magic, version, page size, sequence, salt (8), checksum (8); then frames, each
//          24 bytes: page, pages after a commit or 0, salt (8), checksum of all so far (8); and the page
//   -shm:  two copies of 48 bytes: .. 16: frames committed, .. 24: checksum of the last, .. 32: salt, 40:
//   checksum
// SQLite writes a commit's frames, syncs them, and only then counts them in -shm: what is counted there was
// on the disk. A kill leaves -shm as it was; after a power cut it is an older one, or torn, and proves less.
#include "daemon/store/wal_check.hpp"

#include "daemon/runtime/spawn.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <span>
#include <unistd.h>
#include <vector>

namespace berth::store {
namespace {

using bytes = std::span<const unsigned char>;
using sum = std::array<std::uint32_t, 2>;
constexpr std::size_t head_size = 32, frame_head = 24, index_size = 48;

std::uint32_t native(bytes b, std::size_t at) {
    std::uint32_t out = 0;
    std::memcpy(&out, b.data() + at, sizeof out);
    return out;
}
std::uint32_t big_endian(bytes b, std::size_t at) {
    const auto out = native(b, at);
    return std::endian::native == std::endian::big ? out : std::byteswap(out);
}
sum big_endian_sum(bytes b, std::size_t at) { return {big_endian(b, at), big_endian(b, at + 4)}; }

sum add(sum s, bytes b, bool swapped) {
    for (std::size_t i = 0; i + 8 <= b.size(); i += 8) {
        const auto word = [&](std::size_t at) {
            return swapped ? std::byteswap(native(b, at)) : native(b, at);
        };
        s[0] += word(i) + s[1];
        s[1] += word(i + 4) + s[0];
    }
    return s;
}

bool is_swapped(bytes head) {
    return ((big_endian(head, 0) & 1) != 0) != (std::endian::native == std::endian::big);
}

std::vector<unsigned char> read_some(const unique_fd& fd, std::size_t size, std::size_t at) {
    std::vector<unsigned char> out(size);
    const auto got = pread(fd.get(), out.data(), size, static_cast<off_t>(at));
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
}

// Frames that -shm says were committed under this salt; 0 when it says nothing.
std::uint32_t counted_frames(const std::string& path, bytes salt) {
    const unique_fd fd(open((path + "-shm").c_str(), O_RDONLY | O_CLOEXEC));
    const auto both = fd ? read_some(fd, 2 * index_size, 0) : std::vector<unsigned char>();
    if (both.size() != 2 * index_size || std::memcmp(both.data(), both.data() + index_size, index_size) != 0)
        return 0;
    const bytes index(both.data(), index_size);
    if (add({}, index.first(40), false) != sum{native(index, 40), native(index, 44)}) return 0;
    return std::memcmp(index.data() + 32, salt.data(), 8) == 0 ? native(index, 16) : 0;
}

struct findings {
    std::uint32_t committed = 0; // frames before the first damaged one that a commit has closed
    bool more_after = false;     // a commit that holds a damaged one was not the last that was written
};

// A commit whose sync failed is taken back, and others are written over its frames: what is left of it breaks
// the chain of checksums where it begins. What was really written after a commit goes on from that commit's
// own checksum, whether its pages are still whole or not.
findings read_log(const unique_fd& fd, bytes head) {
    findings out;
    const bool swapped = is_swapped(head);
    const std::size_t page = big_endian(head, 8), size = frame_head + page;
    auto before = big_endian_sum(head, 24); // as it stands in the frame before
    bool intact = true, after_damage = false;
    for (std::uint32_t n = 0;; ++n) {
        const auto frame = read_some(fd, size, head_size + n * size);
        if (frame.size() < frame_head || std::memcmp(frame.data() + 8, head.data() + 16, 8) != 0) return out;
        const bytes b(frame);
        const auto mine = big_endian_sum(b, 16);
        const auto due = add(add(before, b.first(8), swapped), b.subspan(frame_head), swapped);
        const bool follows = frame.size() == size && due == mine;
        out.more_after = out.more_after || (after_damage && follows);
        intact = intact && follows;
        const bool closes = big_endian(b, 4) != 0;
        if (intact && closes) out.committed = n + 1;
        after_damage = !intact && closes;
        before = mine;
    }
}

} // namespace

result<void> check_wal(const std::string& path) {
    const auto wal = path + "-wal";
    const unique_fd fd(open(wal.c_str(), O_RDONLY | O_CLOEXEC));
    const auto head = fd ? read_some(fd, head_size, 0) : std::vector<unsigned char>();
    if (head.empty()) return {};
    const bytes b(head);
    const auto page = head.size() == head_size ? big_endian(b, 8) : 0;
    const bool readable = head.size() == head_size && (big_endian(b, 0) & ~1u) == 0x377f0682 &&
                          add({}, b.first(24), is_swapped(b)) == big_endian_sum(b, 24) && page >= 512 &&
                          page <= 65536;
    const auto found = readable ? read_log(fd, b) : findings{};
    const auto counted = readable ? counted_frames(path, b.subspan(16, 8)) : 0;
    // A crash cuts at most the transaction that was being written: nothing was written after it.
    if (readable && found.committed >= counted && !found.more_after) return {};
    if (!readable && lseek(fd.get(), 0, SEEK_END) <= static_cast<off_t>(head_size))
        return {}; // a crash at its birth
    return fail(
        errc::io_error,
        fmt::format("the database's log {0} is damaged after frame {1}: changes that were acknowledged would "
                    "be lost. Restore {2}, {0} and {2}-shm from a backup or a snapshot. To go on without the "
                    "changes after it, move {2}-shm away and cut the log: truncate --size={3} {0}",
                    wal, found.committed, path, head_size + found.committed * (frame_head + page)));
}

} // namespace berth::store

// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/vault.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/sealing.hpp"
#include "daemon/runtime/secret_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace berth::auth {
namespace {

constexpr std::string_view version = "v1.";
constexpr std::size_t id_digits = 8;

// Hex or base64url; nothing when it is neither, or not 32 bytes.
std::optional<std::string> read_key(std::string_view line) {
    auto raw = line.size() == 2 * sealing_key_bytes ? hex_decode(line) : base64url_decode(line);
    if (!raw || raw->size() != sealing_key_bytes) return std::nullopt;
    return raw;
}

struct parts {
    std::string_view key_id, encoded;
};
std::optional<parts> split(std::string_view sealed) {
    if (!sealed.starts_with(version)) return std::nullopt;
    sealed.remove_prefix(version.size());
    if (sealed.size() <= id_digits || sealed[id_digits] != '.') return std::nullopt;
    return parts{sealed.substr(0, id_digits), sealed.substr(id_digits + 1)};
}

} // namespace

result<vault> vault::from_text(std::string_view key_file) {
    vault out;
    for (int number = 1; !key_file.empty(); ++number) {
        const auto end = std::min(key_file.find('\n'), key_file.size());
        const auto line = trim(key_file.substr(0, end));
        key_file.remove_prefix(std::min(end + 1, key_file.size()));
        if (line.empty() || line.starts_with('#')) continue;
        const auto raw = read_key(line);
        if (!raw)
            return fail(
                errc::invalid_argument,
                fmt::format("line {} is no key: 32 bytes as 64 hex digits or as base64url are needed, such "
                            "as `openssl rand -hex 32` writes them",
                            number));
        secret value(*raw);
        if (std::ranges::find(out.keys_, value, &key::bytes) != out.keys_.end())
            return fail(errc::invalid_argument,
                        fmt::format("line {} holds a key that an earlier line holds too", number));
        out.keys_.push_back({sha256_hex(value.reveal()).substr(0, id_digits), std::move(value)});
    }
    if (out.keys_.empty())
        return fail(errc::invalid_argument,
                    "there is no key: write one a line, such as `openssl rand -hex 32` makes");
    return out;
}

std::string vault::seal(const secret& plain, std::string_view context) const {
    const auto& first = keys_.front();
    return std::string(version) + first.id + "." +
           base64url_encode(berth::seal(first.bytes, plain.reveal(), context));
}

result<secret> vault::open(std::string_view sealed, std::string_view context) const {
    const auto p = split(sealed);
    const auto box = p ? base64url_decode(p->encoded) : std::nullopt;
    if (!box) return fail(errc::invalid_argument, "what was sealed is damaged");
    bool known = false;
    for (const auto& k : keys_) { // two keys may share an id
        if (k.id != p->key_id) continue;
        known = true;
        if (auto plain = unseal(k.bytes, *box, context)) return std::move(*plain);
    }
    if (known) return fail(errc::invalid_argument, "what was sealed is damaged, or stood elsewhere");
    return fail(errc::not_found,
                fmt::format("it was sealed with the key {}, which is not among the vault's keys",
                            is_valid_utf8(p->key_id) ? p->key_id : "?"));
}

bool vault::is_old(std::string_view sealed) const {
    const auto p = split(sealed);
    return !p || p->key_id != keys_.front().id;
}

result<vault> open_vault(const std::string& path) {
    const auto text = read_or_create_secret(path, sealing_key_bytes);
    if (!text) return fail(text.error());
    auto out = vault::from_text(text->reveal());
    if (!out) return fail(out.error().code, path + ": " + out.error().message);
    return out;
}

} // namespace berth::auth

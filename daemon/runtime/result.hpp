// SPDX-License-Identifier: BSD-3-Clause
// How an expected outcome that is not success is told: an error code for programs, a sentence for people.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace berth {

enum class errc {
    invalid_argument, // the caller's input; the sentence says which part and what is allowed
    unauthenticated,  // nobody, or not who they say they are
    denied,           // known, and not allowed
    login_required,   // known, but it needs a sign-in at the identity provider first
    not_found,
    already_exists,
    conflict,        // not in this state; try again after the state has changed
    limit_exceeded,  // a quota or a bound; later or smaller
    unavailable,     // a back end did not take the request: nothing has happened, trying again is safe
    outcome_unknown, // a back end may or may not have done it: look before trying again
    timed_out,       // our own deadline passed while waiting for something that has no side effect
    cancelled,
    io_error, // disk, socket, child process
    internal, // a bug
};

// The name of the code as logs and APIs write it: "invalid_argument".
std::string_view to_string(errc code);
// The other way; nothing for a name that is none.
std::optional<errc> errc_from(std::string_view name);

// `message` is a sentence that a user or an operator can act on. It holds the back end's own words where
// there are any, and never a secret.
struct failure {
    errc code = errc::internal;
    std::string message;
    bool operator==(const failure&) const = default;
};

template<class T>
using result = std::expected<T, failure>;

// `return fail(errc::not_found, "no user \"x\"");`
inline std::unexpected<failure> fail(errc code, std::string message) {
    return std::unexpected(failure{code, std::move(message)});
}
inline std::unexpected<failure> fail(failure f) { return std::unexpected(std::move(f)); }

} // namespace berth

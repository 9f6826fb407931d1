// SPDX-License-Identifier: BSD-3-Clause
// What FirecREST's answers that are no success mean. Its texts are the only thing that tells many of them
// apart.
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <string_view>

namespace berth::scheduler {

// What was asked: a question harms nobody when it is asked twice.
enum class asking { question, submit, cancel };

// The failure for an answer with this status; codes as backend.hpp says, and besides them
//   unauthenticated  another token may do (this one expires, or has)
//   not_found        there is no such job, file or system
// The sentence is FirecREST's and the scheduler's own, without paths, tokens, scripts and the names of
// commands' options.
failure refusal_of(int status, std::string_view body, asking what);

// Whether FirecREST says that the job is over, or that it knows none with this id.
bool says_it_is_over(const failure& f);

// The failure is about whose token it is (none could be had, or it may not), not about the cluster.
bool is_about_the_token(const failure& f);

// One line of at most 300 bytes: no path, no long token, no control character.
std::string cleaned(std::string_view text);

} // namespace berth::scheduler

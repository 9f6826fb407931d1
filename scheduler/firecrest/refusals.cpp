// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/refusals.hpp"

#include "daemon/runtime/encoding.hpp"
#include "scheduler/firecrest/answer_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace berth::scheduler {
namespace {

using nlohmann::json;

constexpr std::size_t longest_sentence = 300, longest_word = 80;

bool holds(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
bool holds_any(std::string_view text, const auto& parts) {
    return std::ranges::any_of(parts, [&](std::string_view part) { return holds(text, part); });
}

// A validation's own message repeats what was sent; its fields do not.
std::string about_fields(const json& told) {
    const auto data = told.find("data");
    if (data == told.end() || !data->is_object() || !data->contains("fields") ||
        !(*data)["fields"].is_array())
        return {};
    std::string out;
    for (const auto& f : (*data)["fields"]) {
        if (!f.is_object()) continue;
        const auto name = f.contains("name") && f["name"].is_string() ? f["name"].get<std::string>() : "";
        out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", name, text(f, "message"));
    }
    return out;
}

// In what the server itself says.
std::string words_of(std::string_view body) {
    const auto told = json::parse(body, nullptr, false);
    if (!told.is_object()) return std::string(body.substr(0, longest_sentence));
    if (auto fields = about_fields(told); !fields.empty()) return fields;
    if (text(told, "errorType") == "validation") return "the request is not valid";
    const auto causes = told.find("causedBy");
    if (causes != told.end() && causes->is_array() && !causes->empty() && causes->front().is_string())
        return causes->front().get<std::string>();
    return text(told, "message");
}

// "Unexpected Slurm command response. exit_status:1 std_err:sbatch: error: X\nsbatch: error: Batch job
// submission failed: Y"
std::string the_commands_words(std::string text) {
    if (const auto at = text.find("std_err:"); at != text.npos) text.erase(0, at + 8);
    if (const auto at = text.rfind("submission failed: "); at != text.npos) text.erase(0, at + 19);
    for (const std::string_view prefix :
         {"sbatch: error: ", "scancel: error: ", "sacct: error: ", "squeue: error: ", "sacct: fatal: "})
        for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix))
            text.erase(at, prefix.size());
    return text;
}

// Text that a Python exception's arguments make: nothing handled it, and nobody knows how far it came.
bool unhandled(std::string_view words) { return words.starts_with("("); }

errc code_of_500(std::string_view words, asking what) {
    static constexpr std::array<std::string_view, 5> not_begun{"Connection refused", "Unable to contact",
                                                               "Unable to open a new SSH",
                                                               "No SSH credentials", "capacity"};
    static constexpr std::array<std::string_view, 4> lost{"timeout", "timed out", "SSH", "Channel not open"};
    const auto silent = what == asking::question ? errc::unavailable : errc::outcome_unknown;
    if (holds(words, "Invalid job id specified")) return errc::not_found;
    if (holds(words, "Access/permission denied")) return errc::denied;
    if (holds_any(words, not_begun)) return errc::unavailable;
    if (unhandled(words) || words.empty() || holds_any(words, lost)) return silent;
    if (holds(words, "std_err:"))
        return what == asking::question ? errc::unavailable : errc::invalid_argument;
    return silent;
}

errc code_of(int status, std::string_view words, asking what) {
    const auto silent = what == asking::question ? errc::unavailable : errc::outcome_unknown;
    switch (status) {
    case 400:
    case 405:
    case 413: return errc::invalid_argument;
    case 401: return holds(words, "expire") ? errc::unauthenticated : errc::denied;
    case 403: return holds(words, "limit exceeded") ? errc::limit_exceeded : errc::denied;
    case 404: return errc::not_found;
    case 429:
    case 503: return errc::unavailable; // before any work
    case 500: return code_of_500(words, what);
    case 501: return errc::invalid_argument;
    case 424:
        if (holds(words, "open a new SSH") || holds(words, "capacity") || holds(words, "login"))
            return errc::unavailable;
        return silent;
    default: return silent; // 408, a gateway's 502 and 504, what is not known
    }
}

} // namespace

std::string cleaned(std::string_view text) {
    std::string out;
    const auto words = fmt::format("{} ", text);
    for (std::size_t from = 0, at = 0; at < words.size(); ++at) {
        if (static_cast<unsigned char>(words[at]) > ' ') continue;
        const auto word = std::string_view(words).substr(from, at - from);
        from = at + 1;
        if (word.empty()) continue;
        if (!out.empty()) out += ' ';
        if (word.size() > longest_word || (word.size() > 20 && word.starts_with("eyJ")))
            out += "...";
        else if (word.find('/') != 0 || word == "/")
            out += word;
        else
            out += "(path)";
        if (out.size() > longest_sentence) break;
    }
    if (out.size() > longest_sentence) out = out.substr(0, longest_sentence - 3) + "...";
    return is_valid_utf8(out) ? out : std::string("an answer that is no text");
}

failure refusal_of(int status, std::string_view body, asking what) {
    const auto words = words_of(body);
    const auto code = code_of(status, words, what);
    auto sentence = cleaned(the_commands_words(words));
    if (sentence.empty() || unhandled(words)) sentence = fmt::format("an internal error ({})", status);
    if (status == 401) return {code, "FirecREST does not accept the access token: " + sentence};
    return {code, code == errc::unavailable || code == errc::outcome_unknown
                      ? fmt::format("FirecREST: {} ({})", sentence, status)
                      : sentence};
}

bool is_about_the_token(const failure& f) {
    return f.code == errc::login_required || f.code == errc::denied || f.code == errc::unauthenticated;
}

bool says_it_is_over(const failure& f) {
    return (f.code == errc::not_found && !holds(f.message, "System not found")) ||
           holds(f.message, "already completing or completed");
}

} // namespace berth::scheduler

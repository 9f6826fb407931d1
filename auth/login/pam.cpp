// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/helper_process.hpp"

#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

// A directory service that PAM asks may be slow; a browser waits this long.
constexpr duration patience = std::chrono::seconds(20);
constexpr std::size_t longest_password = 511; // PAM_MAX_RESP_SIZE

failure wrong() { return {errc::unauthenticated, "Invalid username or password"}; }

// Nobody's fault but the machine's: the helper's own words go to the log there, not to the page.
failure unavailable() {
    return {errc::unavailable, "Passwords cannot be checked just now. Try again in a minute."};
}

// What PAM and the helper's protocol can carry at all.
bool is_askable(std::string_view password) {
    return !password.empty() && password.size() <= longest_password &&
           password.find('\0') == std::string_view::npos && is_valid_utf8(password);
}

result<identity> read_identity(const nlohmann::json& answer) {
    const auto name = answer.find("name");
    if (name == answer.end() || !name->is_string()) return fail(unavailable());
    auto normal = normalise_username(name->get<std::string>());
    if (!normal) return fail(wrong());
    identity out{std::move(*normal), {}};
    if (const auto groups = answer.find("groups"); groups != answer.end() && groups->is_array())
        for (const auto& g : *groups)
            if (g.is_string()) out.groups.push_back(g.get<std::string>());
    return out;
}

class pam_check final : public password_check {
  public:
    explicit pam_check(helper_process& helper) : helper_(helper) {}

    boost::asio::awaitable<result<identity>> check(std::string name, secret password) override {
        const auto normal = normalise_username(name);
        if (!normal || !is_askable(password.reveal())) co_return fail(wrong());
        nlohmann::json arguments;
        arguments["name"] = *normal;
        arguments["password"] = std::string(password.reveal());
        const auto answer = co_await helper_.call("check", std::move(arguments), patience);
        if (answer) co_return read_identity(*answer);
        const auto code = answer.error().code;
        if (code == errc::unauthenticated) co_return fail(wrong());
        if (code == errc::denied) co_return fail(answer.error());
        co_return fail(unavailable());
    }

  private:
    helper_process& helper_;
};

} // namespace

std::unique_ptr<password_check> make_pam_check(helper_process& helper) {
    return std::make_unique<pam_check>(helper);
}

} // namespace berth::auth

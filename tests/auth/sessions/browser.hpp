// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/sessions/sessions.hpp"
#include "tests/auth/fixture.hpp"

#include <regex>
#include <sstream>

namespace berth::auth {

struct set_cookie_line {
    std::string name, value, path;
    bool http_only = false, secure = false, lax = false, deletes = false;
};

inline std::vector<set_cookie_line> cookies_of(const http::response& answer) {
    std::vector<set_cookie_line> out;
    for (const auto& [name, line] : answer.headers) {
        if (name != "Set-Cookie") continue;
        auto& c = out.emplace_back();
        const auto equals = line.find('=');
        c.name = line.substr(0, equals);
        c.value = line.substr(equals + 1, line.find(';') - equals - 1);
        std::smatch path;
        if (std::regex_search(line, path, std::regex("; Path=([^;]*)"))) c.path = path[1];
        c.http_only = line.find("; HttpOnly") != std::string::npos;
        c.secure = line.find("; Secure") != std::string::npos;
        c.lax = line.find("; SameSite=Lax") != std::string::npos;
        c.deletes = line.find("; Max-Age=0") != std::string::npos;
    }
    return out;
}

// Keeps cookies by name and path, and sends those of /hub/.
struct browser {
    std::map<std::pair<std::string, std::string>, std::string> jar;

    void take(const http::response& answer) {
        for (const auto& c : cookies_of(answer)) {
            jar.erase({c.name, c.path});
            if (!c.deletes) jar[{c.name, c.path}] = c.value;
        }
    }
    std::string value(const std::string& name) const {
        for (const auto& [key, v] : jar)
            if (key.first == name) return v;
        return "";
    }
    http::request request(std::string method = "GET") const {
        http::request r;
        r.method = std::move(method);
        r.host = "hub.example";
        r.peer_address = "192.0.2.7";
        std::string line;
        for (const auto& [key, v] : jar) line += (line.empty() ? "" : "; ") + key.first + "=" + v;
        if (!line.empty()) r.headers.add("Cookie", line);
        r.headers.add("User-Agent", "Firefox");
        return r;
    }
};

struct sessions_fixture : auth_fixture {
    std::unique_ptr<session_store> store;
    std::vector<std::int64_t> told;
    session_settings settings{.base_url = "/",
                              .cookie_secret = secret("a cookie secret of 32 bytes ....."),
                              .max_age = std::chrono::hours(24 * 14),
                              .always_secure = false,
                              .public_url = ""};

    void SetUp() override {
        open({session_store::tables()});
        restart();
    }
    void restart() {
        store = std::make_unique<session_store>(time, log, *db, settings);
        store->on_end([this](const session& s) { told.push_back(s.id); });
        ASSERT_TRUE(run(store->load()));
    }
    http::response sign_in(browser& b, std::int64_t user) {
        http::response answer;
        const auto request = b.request("POST");
        const auto done = run(store->sign_in(request, answer, user));
        EXPECT_TRUE(done) << done.error().message;
        b.take(answer);
        return answer;
    }
    std::optional<session> sign_out(browser& b) {
        http::response answer;
        const auto request = b.request();
        const auto done = run(store->sign_out(request, answer));
        EXPECT_TRUE(done);
        b.take(answer);
        return *done;
    }
    const session* find(const browser& b) { return store->find(b.request()); }
};

} // namespace berth::auth

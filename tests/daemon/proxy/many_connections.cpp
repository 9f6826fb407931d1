// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

TEST(many_connections, at_once_each_gets_its_own_answers) {
    fake_server hub([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w)) {
            const auto path = m.head.substr(5, m.head.find(' ', 5) - 5);
            if (!w.send(ok_response(path + m.body))) return;
        }
    });
    opened o(hub.url());
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            std::vector<wire> wires;
            for (int i = 0; i < 25; ++i) wires.push_back(dial(o.address()));
            for (int round = 0; round < 10; ++round) {
                for (std::size_t i = 0; i < wires.size(); ++i)
                    wires[i].send(fmt::format(
                        "POST /{}/{}/{} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nz", t, i, round));
                for (std::size_t i = 0; i < wires.size(); ++i)
                    wrong += read_message(wires[i]).body != fmt::format("/{}/{}/{}z", t, i, round);
            }
        });
    for (auto& t : threads) t.join();
    EXPECT_EQ(wrong, 0);
}

TEST(many_connections, routes_change_and_clients_vanish_meanwhile) {
    fake_server hub(answering("hub")), al(answering(std::string(50'000, 'a')));
    opened o(hub.url());
    std::atomic<bool> over{false};
    std::thread changes([&] {
        for (int i = 0; i < 40; ++i) {
            o.add_route("/user/al", al.url());
            o.api("POST", "/api/sessions/ended", R"({"session_id":"x"})");
            o.api("DELETE", "/api/routes/user/al");
        }
        over = true;
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; !over; ++i) {
                auto w = dial(o.address());
                w.send(get("/user/al/x"));
                if ((i + t) % 3 == 0) continue; // gone before the answer
                const auto m = read_message(w);
                EXPECT_TRUE(m.body == "hub" || m.body.size() == 50'000) << m.head;
            }
        });
    changes.join();
    for (auto& t : threads) t.join();
}

TEST(many_connections, doors_start_and_stop_with_clients_inside) {
    fake_server hub(answering("hub"));
    for (int i = 0; i < 10; ++i) {
        opened o(hub.url());
        std::vector<wire> wires;
        for (int k = 0; k < 20; ++k) {
            wires.push_back(dial(o.address()));
            wires.back().send(k % 2 ? get("/") : "GET / HT");
        }
    }
}

} // namespace
} // namespace berth::proxy::test

// SPDX-License-Identifier: BSD-3-Clause
// Where a server listens, and what it says when it cannot.
#include "tests/daemon/http/client.hpp"

#include "daemon/http/listener.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace berth::http::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

response whoami(const request& r) { return make_text(200, r.peer_address + "|" + r.scheme); }

struct temporary_folder {
    temporary_folder() { fs::create_directories(path); }
    ~temporary_folder() { fs::remove_all(path); }
    fs::path path = fs::path(testing::TempDir()) / ("http" + std::to_string(::getpid()));
};

TEST(listen, a_unix_socket_is_private_and_goes_with_the_server) {
    temporary_folder folder;
    const auto file = folder.path / "s.sock";
    const auto address = "unix:" + file.string();
    {
        running_server s(answer_with(whoami), {.address = address});
        EXPECT_EQ(s.address(), address);
        struct stat st{};
        ASSERT_EQ(::lstat(file.c_str(), &st), 0);
        EXPECT_EQ(st.st_mode & 0777, 0600U);
        auto c = s.connect();
        EXPECT_EQ(c.get("/").body, "|http");
        EXPECT_EQ(c.get("/", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n").body,
                  "192.0.2.7|https");
    }
    EXPECT_FALSE(fs::exists(file));
}

TEST(listen, a_stale_socket_is_replaced_and_a_living_one_is_not) {
    temporary_folder folder;
    const auto file = (folder.path / "s.sock").string();
    int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    file.copy(a.sun_path, sizeof a.sun_path - 1);
    ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    ::close(stale);
    {
        running_server s(answer_with(whoami), {.address = "unix:" + file});
        EXPECT_EQ(s.connect().get("/").status, 200);
        const auto second = listener::open("unix:" + file);
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message, HasSubstr("another process listens there"));
        EXPECT_EQ(s.connect().get("/").status, 200);
        // A successor's socket is left alone when the first one ends.
        ::unlink(file.c_str());
        const auto successor = listener::open("unix:" + file);
        ASSERT_TRUE(successor);
        s.stop(duration(0));
        EXPECT_TRUE(fs::exists(file));
    }
    std::ofstream(file) << "text";
    const auto over_file = listener::open("unix:" + file);
    ASSERT_FALSE(over_file);
    EXPECT_THAT(over_file.error().message, HasSubstr("is not a socket"));
    EXPECT_TRUE(fs::is_regular_file(file));
}

TEST(listen, a_descriptor_from_a_supervisor_is_taken) {
    auto outer = listener::open("127.0.0.1:0");
    ASSERT_TRUE(outer);
    running_server s(answer_with(whoami), {.address = "fd:" + std::to_string(outer->descriptor())});
    EXPECT_EQ(s.address(), "http://" + outer->bound());
    EXPECT_EQ(s.connect().get("/").body, "127.0.0.1|http");
}

TEST(listen, ipv6_is_spoken) {
    auto probe = listener::open("[::1]:0");
    if (!probe) GTEST_SKIP() << probe.error().message;
    EXPECT_THAT(probe->bound(), StartsWith("[::1]:"));
    running_server s(answer_with(whoami), {.address = ":0"}); // both families
    EXPECT_EQ(s.connect().get("/").body, "127.0.0.1|http");   // not ::ffff:127.0.0.1
}

TEST(listen, a_failure_names_the_address_and_the_remedy) {
    auto taken = listener::open("127.0.0.1:0");
    ASSERT_TRUE(taken);
    struct row {
        std::string address, words;
    };
    const std::vector<row> rows{
        {taken->bound(), "another program uses this address"},
        {"192.0.2.1:80", "this machine has no such address"},
        {"unix:/nonexistent/folder/s", "the directory must exist"},
        {"unix:" + std::string(200, 'x'), "path has 1 to 107 bytes"},
        {"fd:999", "not a listening socket"},
        {"fd:x", "not a listening socket"},
        {"example.org:80", "not an address to listen on"},
        {"127.0.0.1", "not an address to listen on"},
        {"127.0.0.1:99999", "not an address to listen on"},
        {"", "not an address to listen on"},
    };
    for (const auto& [address, words] : rows) {
        const auto l = listener::open(address);
        ASSERT_FALSE(l) << address;
        EXPECT_THAT(l.error().message, HasSubstr(words));
        EXPECT_THAT(l.error().message, HasSubstr(address));
    }
}

TEST(listen, wrong_proxies_are_refused_at_start) {
    boost::asio::io_context io;
    null_logger log;
    server s(io.get_executor(), log, {.address = "127.0.0.1:0", .trusted_proxies = {"10.0.0.0/99"}},
             answer_with(whoami));
    EXPECT_FALSE(s.start());
}

} // namespace
} // namespace berth::http::test

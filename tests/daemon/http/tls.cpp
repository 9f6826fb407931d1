// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/tls_context.hpp"

#include "tests/daemon/http/certificates.hpp"
#include "tests/daemon/http/client.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <unistd.h>

namespace berth::http::test {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

response echo(const request& r) {
    if (r.path == "/big") return make_text(200, std::string(5 << 20, 'b'));
    return make_text(200, r.scheme + " " + std::to_string(r.body.size()));
}

// A blocking TLS client that trusts `root` and nothing else, and checks the name "localhost".
class tls_client {
  public:
    tls_client(const std::string& address, const std::string& root, int most = 0)
        : plain_(address)
        , context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free)
        , ssl_(nullptr, SSL_free) {
        std::unique_ptr<BIO, decltype(&BIO_free)> bio(
            BIO_new_mem_buf(root.data(), static_cast<int>(root.size())), BIO_free);
        std::unique_ptr<X509, decltype(&X509_free)> trusted(
            PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), trusted.get());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        if (most != 0) SSL_CTX_set_max_proto_version(context_.get(), most);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set1_host(ssl_.get(), "localhost");
        SSL_set_fd(ssl_.get(), plain_.descriptor());
        connected = SSL_connect(ssl_.get()) == 1;
        verified = SSL_get_verify_result(ssl_.get());
    }
    void send(std::string_view text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
    // Reads until `bytes` have come after the head, or the end.
    std::string read(std::size_t bytes) {
        std::string got;
        char buffer[16384];
        while (true) {
            const auto head = got.find("\r\n\r\n");
            if (head != std::string::npos && got.size() - head - 4 >= bytes) return got;
            const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (n <= 0) return got;
            got.append(buffer, static_cast<std::size_t>(n));
        }
    }
    std::string get(std::string_view path, std::size_t bytes) {
        send("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        return read(bytes);
    }

    bool connected = false;
    long verified = 0;

  private:
    client plain_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

listen_settings with(const std::string& certificate, const std::string& key = "") {
    listen_settings s;
    s.tls = {certificate, key};
    s.bounds.header_time = std::chrono::seconds(5);
    return s;
}

TEST(tls, serves_a_chain_with_the_key_apart_or_in_the_same_file) {
    certificates made;
    const auto chain = made.write("chain.pem", made.leaf + made.intermediate);
    const auto key = made.write("key.pem", made.key);
    const auto combined = made.write("combined.pem", made.leaf + made.intermediate + made.key);
    const auto key_first = made.write("key_first.pem", made.key + made.leaf + made.intermediate);
    for (const auto& settings : {with(chain, key), with(combined), with(key_first)}) {
        running_server s(answer_with(echo), settings);
        EXPECT_THAT(s.address(), StartsWith("https://127.0.0.1:"));
        tls_client c(s.address(), made.root);
        ASSERT_TRUE(c.connected) << X509_verify_cert_error_string(c.verified);
        EXPECT_THAT(c.get("/", 7), HasSubstr("https 0"));
        EXPECT_THAT(c.get("/", 7), HasSubstr("https 0"));
    }
}

TEST(tls, carries_large_bodies_both_ways) {
    certificates made;
    running_server s(answer_with(echo), with(made.write("c.pem", made.leaf + made.intermediate + made.key)));
    tls_client c(s.address(), made.root);
    ASSERT_TRUE(c.connected);
    c.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'x'));
    EXPECT_THAT(c.read(13), HasSubstr("https 3000000"));
    EXPECT_GT(c.get("/big", 5 << 20).size(), std::size_t{5 << 20});
    c.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto both = c.read(1 << 20); // to the end
    EXPECT_EQ(both.find("https 0"), both.rfind("HTTP/1.1") - 7);
}

TEST(tls, refuses_old_versions_and_plain_text) {
    certificates made;
    running_server s(answer_with(echo), with(made.write("c.pem", made.leaf + made.intermediate + made.key)));
    EXPECT_TRUE(tls_client(s.address(), made.root, TLS1_2_VERSION).connected);
    EXPECT_FALSE(tls_client(s.address(), made.root, TLS1_1_VERSION).connected);
    auto plain = s.connect();
    const auto a = plain.get("/");
    EXPECT_EQ(a.status, 400);
    EXPECT_THAT(a.body, HasSubstr("https://"));
    EXPECT_TRUE(plain.at_end());
    auto rubbish = s.connect();
    rubbish.send(std::string(300, '\xff'));
    rubbish.read_to_end(); // an alert, and closed
    EXPECT_TRUE(tls_client(s.address(), made.root).connected);
}

TEST(tls, a_slow_handshake_is_cut_off) {
    certificates made;
    auto settings = with(made.write("c.pem", made.leaf + made.intermediate + made.key));
    settings.bounds.header_time = std::chrono::milliseconds(60);
    running_server s(answer_with(echo), settings);
    auto c = s.connect();
    c.send("\x16\x03\x01");
    EXPECT_TRUE(c.at_end());
}

struct end_marker {
    std::promise<void>& ended;
    ~end_marker() { ended.set_value(); }
};

asio::awaitable<void> one_then_silence(std::promise<void>* ended, body_writer& to) {
    end_marker mark{*ended};
    (void)co_await to.write("one");
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

TEST(tls, a_client_that_leaves_ends_the_producer) {
    certificates made;
    std::promise<void> ended;
    running_server s(answer_with([&](const request&) {
                         return make_event_stream(
                             [&](body_writer& to) { return one_then_silence(&ended, to); });
                     }),
                     with(made.write("c.pem", made.leaf + made.intermediate + made.key)));
    {
        tls_client c(s.address(), made.root);
        c.get("/", 3);
    }
    EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(tls, new_connections_get_the_reloaded_certificate) {
    certificates made, renewed;
    const auto path = made.write("c.pem", made.leaf + made.intermediate + made.key);
    running_server s(answer_with(echo), with(path));
    tls_client old(s.address(), made.root);
    made.write("c.pem", renewed.leaf + renewed.intermediate + renewed.key);
    EXPECT_TRUE(s.on_thread([&] { return s.get().reload_tls().has_value(); }));
    EXPECT_TRUE(tls_client(s.address(), renewed.root).connected);
    EXPECT_FALSE(tls_client(s.address(), made.root).connected);
    EXPECT_THAT(old.get("/", 7), HasSubstr("https 0"));
    // A broken file changes nothing.
    made.write("c.pem", "rubbish");
    EXPECT_FALSE(s.on_thread([&] { return s.get().reload_tls().has_value(); }));
    EXPECT_TRUE(tls_client(s.address(), renewed.root).connected);
}

TEST(tls, a_failure_names_the_file_and_the_remedy) {
    certificates made;
    const auto leaf = made.write("leaf.pem", made.leaf);
    const auto key = made.write("key.pem", made.key);
    const auto other = made.write("other.pem", made.other_key);
    const auto rubbish = made.write("rubbish.pem", "rubbish");
    struct row {
        tls_files files;
        std::string file, words;
    };
    const std::vector<row> rows{
        {{"/nonexistent.pem", key}, "/nonexistent.pem", "check the path"},
        {{leaf, "/nonexistent.key"}, "/nonexistent.key", "TLS key"},
        {{rubbish, key}, rubbish, "holds no usable PEM certificate"},
        {{leaf, rubbish}, rubbish, "holds no usable TLS key"},
        {{leaf, ""}, leaf, "append the key to the certificate's file"},
        {{leaf, other}, other, "does not belong to the certificate"},
    };
    for (const auto& [files, file, words] : rows) {
        const auto loaded = load_tls(files);
        ASSERT_FALSE(loaded);
        EXPECT_THAT(loaded.error().message, HasSubstr(file));
        EXPECT_THAT(loaded.error().message, HasSubstr(words));
    }
}

TEST(tls, an_expired_certificate_is_served_with_a_warning) {
    certificates made;
    running_server s(answer_with(echo),
                     with(made.write("old.pem", made.expired + made.intermediate + made.key)));
    tls_client c(s.address(), made.root);
    EXPECT_EQ(c.verified, X509_V_ERR_CERT_HAS_EXPIRED);
    s.stop(std::chrono::seconds(1));
    ASSERT_EQ(s.log.count("http.tls_certificate"), 1U);
    EXPECT_EQ(s.log.records.front().level, log_level::warning);
    EXPECT_THAT(s.log.records.front().fields.front().second, HasSubstr("has expired"));
}

} // namespace
} // namespace berth::http::test

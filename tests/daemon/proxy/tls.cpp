// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace berth::proxy::test {
namespace {

using ::testing::HasSubstr;

// A self-signed certificate and its key in one file.
void write_certificate(const std::string& path, const char* name) {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    auto* subject = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    X509_set_issuer_name(cert.get(), subject);
    X509_sign(cert.get(), key.get(), EVP_sha256());
    std::unique_ptr<BIO, decltype(&BIO_free_all)> file(BIO_new_file(path.c_str(), "w"), BIO_free_all);
    PEM_write_bio_X509(file.get(), cert.get());
    PEM_write_bio_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class tls_client {
  public:
    explicit tls_client(const std::string& address)
        : wire_(dial(address))
        , ctx_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free)
        , ssl_(SSL_new(ctx_.get()), SSL_free) {
        SSL_set_fd(ssl_.get(), wire_.fd());
        connected = SSL_connect(ssl_.get()) == 1;
    }
    bool connected = false;
    void send(std::string_view bytes) { SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); }
    std::string read(std::size_t n) {
        std::string all(n, '\0');
        std::size_t at = 0;
        while (at < n) {
            const int got = SSL_read(ssl_.get(), all.data() + at, static_cast<int>(n - at));
            if (got <= 0) break;
            at += static_cast<std::size_t>(got);
        }
        all.resize(at);
        return all;
    }
    std::string peer() const {
        char text[256] = "";
        std::unique_ptr<X509, decltype(&X509_free)> cert(SSL_get1_peer_certificate(ssl_.get()), X509_free);
        if (cert) X509_NAME_oneline(X509_get_subject_name(cert.get()), text, sizeof text);
        return text;
    }

  private:
    wire wire_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> ctx_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

struct secure_door {
    explicit secure_door(const std::string& hub) {
        char name[] = "/tmp/berth-proxy-XXXXXX";
        path = std::string(mkdtemp(name)) + "/pem";
        write_certificate(path, "first");
        o = std::make_unique<opened>(hub, [this](settings& s) { s.listen.tls.certificate = path; });
    }
    std::string path;
    std::unique_ptr<opened> o;
};

TEST(tls, requests_and_megabytes_through_one_file_with_key) {
    fake_server hub([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w)) {
            EXPECT_THAT(m.head, HasSubstr("X-Forwarded-Proto: https\r\n"));
            w.send(ok_response(m.body));
        }
    });
    secure_door d(hub.url());
    EXPECT_THAT(d.o->address(), HasSubstr("https://"));
    tls_client c(d.o->address());
    ASSERT_TRUE(c.connected);
    std::string body(3 << 20, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 4);
    c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    std::thread sender([&] { c.send(body); });
    sender.join();
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    const auto got = c.read(head.size() + body.size());
    EXPECT_TRUE(got == head + body) << got.substr(0, 200);
}

TEST(tls, certificates_are_reloaded_and_bad_ones_are_not) {
    fake_server hub(answering("x"));
    secure_door d(hub.url());
    EXPECT_THAT(tls_client(d.o->address()).peer(), HasSubstr("first"));
    std::ofstream(d.path) << "nonsense";
    const auto bad = d.o->door->reload_tls();
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().message, HasSubstr(d.path));
    EXPECT_THAT(tls_client(d.o->address()).peer(), HasSubstr("first"));
    write_certificate(d.path, "second");
    EXPECT_TRUE(d.o->door->reload_tls());
    for (std::string peer; peer.find("second") == peer.npos;) peer = tls_client(d.o->address()).peer();
}

TEST(tls, plain_http_on_the_tls_port_is_closed) {
    fake_server hub(answering("x"));
    secure_door d(hub.url());
    auto w = dial(d.o->address());
    w.send(get("/"));
    w.read_all();
}

TEST(tls, a_missing_file_is_named) {
    null_logger log;
    settings s;
    s.listen.address = "127.0.0.1:0";
    s.listen.tls.certificate = "/nonexistent.pem";
    front_door door(s, log);
    const auto r = door.start();
    ASSERT_FALSE(r);
    EXPECT_THAT(r.error().message, HasSubstr("/nonexistent.pem"));
}

} // namespace
} // namespace berth::proxy::test

// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/curl_transfer.hpp"

#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace berth {
namespace {

constexpr std::size_t max_header_bytes = 256 << 10;

bool token(std::string_view s) { // RFC 9110 section 5.6.2
    return !s.empty() && std::ranges::all_of(s, [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
    });
}

bool header_value(std::string_view s) {
    return std::ranges::none_of(s, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

// Scheme, host and port: what a message may show of a URL.
std::string origin(const http_call& call) {
    if (!call.unix_socket.empty()) return call.unix_socket;
    const auto start = call.url.find("://");
    if (start == std::string::npos) return "(no host)";
    auto authority = call.url.substr(0, call.url.find_first_of("/?#", start + 3));
    if (const auto at = authority.rfind('@'); at != std::string::npos)
        authority.erase(start + 3, at - start - 2);
    return authority;
}

bool has_header(const header_list& headers, std::string_view name) {
    return std::ranges::any_of(headers, [&](const auto& h) { return iequals(h.first, name); });
}

long milliseconds(duration d) {
    return std::max<long>(1, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(d).count()));
}

// curl sends a request again by itself when a kept connection turns out dead. That must not happen to a
// request that may not be repeated.
bool repeatable(const std::string& method) {
    static constexpr std::array methods{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}; // RFC 9110 section 9.2.2
    return std::ranges::find(methods, method) != methods.end();
}

result<void> check(const http_call& call) {
    if (!token(call.method)) return fail(errc::invalid_argument, "the method of an HTTP call is not a word");
    for (const auto& [name, value] : call.headers)
        if (!token(name) || !header_value(value))
            return fail(errc::invalid_argument,
                        fmt::format("the header \"{}\" of a call to {} holds characters that may not be sent",
                                    token(name) ? name : "?", origin(call)));
    if (!call.url.starts_with("http://") && !call.url.starts_with("https://"))
        return fail(errc::invalid_argument, "an HTTP call needs an absolute http or https URL");
    return {};
}

} // namespace

result<std::unique_ptr<curl_transfer>> curl_transfer::make(http_call call) {
    if (const auto good = check(call); !good) return fail(good.error());
    return std::unique_ptr<curl_transfer>(new curl_transfer(std::move(call)));
}

curl_transfer::curl_transfer(http_call call) : call_(std::move(call)), easy_(curl_easy_init()) {
    if (easy_ == nullptr) throw std::bad_alloc();
    set_request();
    set_limits();
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, words_.data());
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &curl_transfer::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &curl_transfer::on_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
}

curl_transfer::~curl_transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
}

void curl_transfer::set_request() {
    const bool sends_body =
        !call_.body.empty() || call_.method == "POST" || call_.method == "PUT" || call_.method == "PATCH";
    curl_easy_setopt(easy_, CURLOPT_URL, call_.url.c_str());
    if (sends_body) {
        curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, call_.body.data());
        curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
    } else if (call_.method == "HEAD")
        curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    const auto add = [&](const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); };
    for (const auto& [name, value] : call_.headers)
        add(trim(value).empty() ? name + ";" : name + ": " + value);
    // What curl would add by itself: a wrong media type, and a second's wait before large bodies.
    if (sends_body && !has_header(call_.headers, "Content-Type")) add("Content-Type:");
    if (sends_body) add("Expect:");
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy_, CURLOPT_USERAGENT, "berth");
    if (!repeatable(call_.method)) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
    if (call_.unix_socket.empty()) return;
    curl_easy_setopt(easy_, CURLOPT_UNIX_SOCKET_PATH, call_.unix_socket.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
}

void curl_transfer::set_limits() {
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L); // or an abort would wait for the resolver's thread
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, milliseconds(call_.timeout));
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                     milliseconds(std::min(call_.connect_timeout, call_.timeout)));
    if (!call_.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, call_.ca_file.c_str());
}

std::size_t curl_transfer::on_body(const char* data, std::size_t, std::size_t size, void* self) {
    auto& t = *static_cast<curl_transfer*>(self);
    t.too_large_ = t.too_large_ || size > t.call_.max_body - t.answer_.body.size();
    if (t.too_large_) return 0;
    t.answer_.body.append(data, size);
    return size;
}

std::size_t curl_transfer::on_header(const char* data, std::size_t, std::size_t size, void* self) {
    auto& t = *static_cast<curl_transfer*>(self);
    t.header_bytes_ += size;
    t.too_large_ = t.too_large_ || t.header_bytes_ > max_header_bytes;
    if (t.too_large_) return 0;
    const auto line = trim({data, size});
    if (line.starts_with("HTTP/"))
        t.answer_.headers.clear(); // of a 100 Continue before it
    else if (const auto colon = line.find(':'); colon != line.npos && colon > 0)
        t.answer_.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
    return size;
}

result<http_answer> curl_transfer::finish(CURLcode code) {
    if (code != CURLE_OK) return fail(explain(code));
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    return std::move(answer_);
}

failure curl_transfer::explain(CURLcode code) const {
    const auto host = origin(call_);
    if (too_large_)
        return {errc::limit_exceeded,
                fmt::format("the answer of {} is larger than {} bytes", host,
                            header_bytes_ > max_header_bytes ? max_header_bytes : call_.max_body)};
    const auto* words = words_[0] != '\0' ? words_.data() : curl_easy_strerror(code);
    long sent = 0;
    curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return {errc::invalid_argument, fmt::format("the address of {} cannot be used: {}", host, words)};
    if (code == CURLE_OPERATION_TIMEDOUT && sent > 0)
        return {errc::outcome_unknown, fmt::format("{} took the request and did not answer within {}", host,
                                                   to_text(call_.timeout))};
    if (sent > 0)
        return {errc::outcome_unknown, fmt::format("{} took the request and broke off: {}", host, words)};
    return {errc::unavailable, fmt::format("{} cannot be reached: {}", host, words)};
}

} // namespace berth

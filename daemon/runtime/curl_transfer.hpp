// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/http_client.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace berth {

// One call as curl sees it: the request's options, and what has arrived of the answer. Stays where it was
// made, as curl keeps pointers into it.
class curl_transfer {
  public:
    // invalid_argument for a method, URL or header that cannot be sent.
    static result<std::unique_ptr<curl_transfer>> make(http_call call);
    ~curl_transfer();
    curl_transfer(const curl_transfer&) = delete;
    curl_transfer& operator=(const curl_transfer&) = delete;

    CURL* easy() const { return easy_; }
    // The answer, or what curl's code means to the caller (see http_client).
    result<http_answer> finish(CURLcode code);

  private:
    explicit curl_transfer(http_call call);
    void set_request();
    void set_limits();
    failure explain(CURLcode code) const;
    static std::size_t on_body(const char* data, std::size_t, std::size_t size, void* self);
    static std::size_t on_header(const char* data, std::size_t, std::size_t size, void* self);

    http_call call_;
    CURL* easy_;
    curl_slist* headers_ = nullptr;
    std::array<char, CURL_ERROR_SIZE> words_{};
    http_answer answer_;
    std::size_t header_bytes_ = 0;
    bool too_large_ = false;
};

} // namespace berth

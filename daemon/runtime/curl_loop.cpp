// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/curl_loop.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <stdexcept>
#include <vector>

namespace berth {
namespace asio = boost::asio;

namespace {
constexpr long idle_connections = 64;
constexpr long open_connections = 512; // further calls wait for one, within their time-out
} // namespace

// A socket of curl's. The descriptor only waits: curl closes it, so it is released before.
struct curl_loop::watch {
    using wait = asio::posix::stream_descriptor::wait_type;
    watch(const asio::any_io_executor& executor, curl_socket_t s) : socket(s), descriptor(executor, s) {}
    ~watch() { leave(); }
    void leave() {
        if (descriptor.is_open()) descriptor.release();
    }

    curl_socket_t socket;
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;
    bool reading = false, writing = false; // a wait is under way
};

std::shared_ptr<curl_loop> curl_loop::make(asio::any_io_executor executor) {
    return std::make_shared<curl_loop>(std::move(executor));
}

curl_loop::curl_loop(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::runtime_error("libcurl cannot be initialised");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &curl_loop::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &curl_loop::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, idle_connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, open_connections);
}

curl_loop::~curl_loop() {
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
}

result<void> curl_loop::add(CURL* easy, std::function<void(CURLcode)> done) {
    if (const auto code = curl_multi_add_handle(multi_, easy); code != CURLM_OK)
        return fail(errc::internal, curl_multi_strerror(code));
    transfers_.emplace(easy, std::move(done));
    return {};
}

void curl_loop::remove(CURL* easy) {
    transfers_.erase(easy);
    curl_multi_remove_handle(multi_, easy);
}

int curl_loop::on_socket(CURL*, curl_socket_t socket, int what, void* data, void*) {
    auto& self = *static_cast<curl_loop*>(data);
    const auto at = self.watches_.find(socket);
    if (what == CURL_POLL_REMOVE) {
        if (at == self.watches_.end()) return 0;
        at->second->leave();
        self.watches_.erase(at);
        return 0;
    }
    auto w = at != self.watches_.end() ? at->second : std::make_shared<watch>(self.executor_, socket);
    self.watches_.insert_or_assign(socket, w);
    w->wanted = what;
    self.arm(w);
    return 0;
}

void curl_loop::arm(const std::shared_ptr<watch>& w) {
    const auto wait = [&](watch::wait kind, bool watch::* under_way, int events) {
        if (std::exchange((*w).*under_way, true)) return;
        w->descriptor.async_wait(
            kind, [self = weak_from_this(), w, under_way, events](boost::system::error_code ec) {
                (*w).*under_way = false;
                const auto loop = self.lock();
                if (!loop || !w->descriptor.is_open()) return;
                loop->act(w->socket, ec ? CURL_CSELECT_ERR : events);
                if (w->descriptor.is_open()) loop->arm(w);
            });
    };
    if ((w->wanted & CURL_POLL_IN) != 0) wait(watch::wait::wait_read, &watch::reading, CURL_CSELECT_IN);
    if ((w->wanted & CURL_POLL_OUT) != 0) wait(watch::wait::wait_write, &watch::writing, CURL_CSELECT_OUT);
}

int curl_loop::on_timer(CURLM*, long milliseconds, void* data) {
    auto& self = *static_cast<curl_loop*>(data);
    if (milliseconds < 0) return self.timer_.cancel(), 0;
    // Never from here: curl may not be entered again from its own callback.
    self.timer_.expires_after(std::chrono::milliseconds(milliseconds));
    self.timer_.async_wait([weak = self.weak_from_this()](boost::system::error_code ec) {
        const auto loop = weak.lock();
        if (loop && !ec) loop->act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

void curl_loop::act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    report_finished();
}

void curl_loop::report_finished() {
    std::vector<std::pair<std::function<void(CURLcode)>, CURLcode>> finished;
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto at = transfers_.find(message->easy_handle);
        if (at != transfers_.end())
            finished.emplace_back(std::exchange(at->second, nullptr), message->data.result);
    }
    for (auto& [done, code] : finished)
        if (done) done(code);
}

} // namespace berth

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/resume.hpp"

#include <cstdint>
#include <map>
#include <memory>

namespace berth::simulation {

// The calls out of one hub process that wait for the world's answer. They are gone when the process is.
class open_calls {
    struct slot {
        virtual ~slot() = default;
        virtual void abandon() = 0;
        virtual void drop() = 0;
    };
    template<class T>
    struct slot_of final : slot {
        resumer<result<T>> resume;
        void answer(result<T> value) {
            if (auto r = std::exchange(resume, nullptr)) r(std::move(value));
        }
        void abandon() override { answer(fail(errc::cancelled, "the hub ends")); }
        void drop() override {
            const auto r = std::exchange(resume, nullptr);
        } // it keeps what keeps this slot
    };

  public:
    open_calls() = default;
    open_calls(const open_calls&) = delete;
    open_calls& operator=(const open_calls&) = delete;

    // How the world answers: the first answer counts, and none when the process has gone.
    template<class T>
    class reply {
      public:
        explicit reply(const std::shared_ptr<slot_of<T>>& s) : slot_(s) {}
        bool awaited() const {
            auto s = slot_.lock();
            return s && s->resume;
        }
        void operator()(result<T> value) const {
            if (auto s = slot_.lock()) s->answer(std::move(value));
        }

      private:
        std::weak_ptr<slot_of<T>> slot_;
    };

    template<class T, class Begin>
    boost::asio::awaitable<result<T>> make(Begin begin) {
        auto mine = std::make_shared<slot_of<T>>();
        const auto id = ++last_;
        open_.emplace(id, mine);
        auto start = [mine, begin = std::move(begin)](resumer<result<T>> r) {
            mine->resume = std::move(r);
            begin(reply<T>(mine));
        };
        auto out = co_await suspend_until_resumed<result<T>>(std::move(start));
        open_.erase(id);
        co_return out;
    }

    void abandon() {
        auto all = std::move(open_);
        open_.clear();
        for (auto& [id, s] : all) s->abandon();
    }
    void drop() {
        auto all = std::move(open_);
        open_.clear();
        for (auto& [id, s] : all) s->drop();
    }

  private:
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::shared_ptr<slot>> open_;
};

} // namespace berth::simulation

// SPDX-License-Identifier: BSD-3-Clause
// What the database has been asked to keep, and what it said: after a crash its rows must be what was last
// acknowledged, or something asked for later.
#pragma once

#include "daemon/store/store.hpp"
#include "tests/simulation/nature.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth::simulation {

class ledger {
  public:
    explicit ledger(nature& n) : n_(n) {}
    using ticket = std::vector<std::pair<std::string, std::uint64_t>>; // row, version
    ticket asked(const store::changes& c);
    void acknowledged(const ticket& t);
    // The rows as a new process finds them. They are the truth from here on, if opening could sync them; else
    // from the next acknowledged commit on.
    void compare(const std::vector<store::row>& rows, bool synced);
    static std::string key_of(std::int64_t user, const std::string& name);

  private:
    struct version {
        std::uint64_t number = 0;
        std::string image; // "" for no row
    };
    nature& n_;
    std::uint64_t count_ = 0;
    std::uint64_t found_before_ = 0; // what the last `compare` found has this number or a higher one; 0: none
    std::map<std::string, std::vector<version>>
        rows_; // the acknowledged one first, then those asked for later
};

// The real database, watched.
class watched_database final : public store::database {
  public:
    watched_database(std::unique_ptr<store::database> real, ledger& book)
        : real_(std::move(real))
        , book_(book) {}
    boost::asio::awaitable<result<std::vector<store::row>>> query(store::statement s) override {
        return real_->query(std::move(s));
    }
    boost::asio::awaitable<result<void>> commit(store::changes c) override;
    void write_behind(std::string key, store::statement s) override {
        real_->write_behind(std::move(key), std::move(s));
    }
    boost::asio::awaitable<void> close() override { return real_->close(); }
    std::size_t pending() const override { return real_->pending(); }
    std::optional<failure> trouble() const override { return real_->trouble(); }
    bool opened_synced() const override { return real_->opened_synced(); }

  private:
    std::unique_ptr<store::database> real_;
    ledger& book_;
};

} // namespace berth::simulation

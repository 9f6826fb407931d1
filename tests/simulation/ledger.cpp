// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace berth::simulation {
namespace {

// All that a start, a stop or a change of step must keep; the job's last state and address are written late
// as well.
constexpr std::array columns = {"step",     "wanted",   "remove_when_stopped",
                                "attempt",  "job_name", "user_options",
                                "url_path", "failure",  "started"};

template<class Row>
std::string image_of(const Row& row) {
    std::string out;
    for (const auto* column : columns) {
        const auto& v = row.at(column);
        if (const auto* i = std::get_if<std::int64_t>(&v))
            out += std::to_string(*i);
        else if (const auto* s = std::get_if<std::string>(&v))
            out += *s;
        out += '|';
    }
    return out;
}

template<class Row>
std::string row_of(const Row& row) {
    return ledger::key_of(std::get<std::int64_t>(row.at("user_id")), std::get<std::string>(row.at("name")));
}

} // namespace

std::string ledger::key_of(std::int64_t user, const std::string& name) {
    return fmt::format("{}/{}", user, name);
}

ledger::ticket ledger::asked(const store::changes& c) {
    ticket out;
    for (const auto& s : c) {
        const auto key = row_of(s.parameters);
        auto& versions = rows_[key];
        if (versions.empty()) versions.push_back({++count_, ""}); // nothing has been promised yet
        versions.push_back({++count_, s.sql.starts_with("DELETE") ? "" : image_of(s.parameters)});
        out.emplace_back(key, count_);
    }
    return out;
}

void ledger::acknowledged(const ticket& t) {
    if (const auto found = std::exchange(found_before_, 0))
        for (auto& [key, versions] : rows_)
            std::erase_if(versions, [found](const version& v) { return v.number < found; });
    for (const auto& [key, number] : t) {
        auto& versions = rows_[key];
        std::erase_if(versions, [number](const version& v) { return v.number < number; });
    }
}

void ledger::compare(const std::vector<store::row>& rows, bool synced) {
    std::map<std::string, std::string> found;
    for (const auto& row : rows) found[row_of(row)] = image_of(row);
    found_before_ = count_ + 1;
    for (auto& [key, versions] : rows_) {
        const auto image = found[key];
        if (std::ranges::find(versions, image, &version::image) == versions.end())
            n_.broken(
                fmt::format("row {} is \"{}\", acknowledged was \"{}\"", key, image, versions.front().image));
        versions.push_back({++count_, image});
    }
    for (const auto& [key, image] : found)
        if (!rows_.contains(key) && !image.empty()) n_.broken("row " + key + " was never written");
    if (synced) acknowledged({});
}

boost::asio::awaitable<result<void>> watched_database::commit(store::changes c) {
    const auto ticket = book_.asked(c);
    auto done = co_await real_->commit(std::move(c));
    if (done) book_.acknowledged(ticket);
    co_return done;
}

} // namespace berth::simulation

// SPDX-License-Identifier: BSD-3-Clause
// A disk that knows which bytes have been synced. What was written since is in the operating system's memory
// only: it outlives the process, not the machine.
#pragma once

#include "tests/simulation/timeline.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::simulation {

// How a process or its machine ends.
enum class ending {
    killed,        // the process only: all that it wrote is there
    power_lost,    // nothing that was not synced is there
    power_torn,    // of what was not synced a random part of the sectors is there
    power_garbled, // as torn, and some of those sectors hold rubbish
};
std::string_view to_string(ending e);

// What a disk answers while it is not well.
enum class ailment { none, full, errors, sync_errors };

class disk {
  public:
    struct file {
        std::string bytes;   // as processes read it
        std::string durable; // as it is found after the power was lost
        bool exists_durably = false;
        std::vector<std::pair<std::size_t, std::size_t>> unsynced; // offset, length
    };
    using image = std::map<std::string, std::string>;

    explicit disk(dice& chance) : chance_(chance) {}
    void load(const image& files); // all of it synced
    image content() const;

    // What SQLite does with it. Each change is one step; at a step that was asked for the process stops: from
    // then on everything fails, and nothing changes.
    std::shared_ptr<file> find(const std::string& path) const;
    std::shared_ptr<file> create(const std::string& path);
    bool remove(const std::string& path);
    bool write(file& f, const void* bytes, std::size_t n, std::size_t offset);
    bool truncate(file& f, std::size_t size);
    bool sync(file& f);
    bool is_off() const { return off_; }
    ailment health() const { return health_; }

    // What a schedule does to it.
    void fall_ill(ailment a) { health_ = a; }
    void stop_after(int steps) { steps_left_ = steps; } // -1: never
    void stop() { off_ = true; }
    // What is left for the next process. Nobody has files open any more (`stop`, then close).
    void crash(ending e);
    std::uint64_t writes = 0; // so far

  private:
    bool may_change();
    void damage(file& f, ending e);
    dice& chance_;
    std::map<std::string, std::shared_ptr<file>> files_;
    ailment health_ = ailment::none;
    int steps_left_ = -1;
    bool off_ = false;
};

// Makes `d` what SQLite finds under the name "simulated"; one disk at a time and thread. Call
// `configure_sqlite` once per process, before anything uses SQLite.
void configure_sqlite();
void mount(disk* d);

} // namespace berth::simulation

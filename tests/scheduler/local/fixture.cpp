// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/local/fixture.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace berth::scheduler {
namespace fs = std::filesystem;

local_fixture::local_fixture() {
    std::string name = (fs::temp_directory_path() / "berth-local-XXXXXX").string();
    root = mkdtemp(name.data());
}

local_fixture::~local_fixture() {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(root / "local", ec)) {
        auto pids = read_pid(entry.path().string());
        if (!pids || pids->boot != boot_id()) continue;
        if (lives(pids->shepherd)) kill(pids->shepherd.pid, SIGKILL);
        if (lives(pids->server)) kill(-pids->server.pid, SIGKILL);
    }
    fs::remove_all(root, ec);
}

local_options local_fixture::options() const {
    local_options o;
    o.data_dir = root.string();
    o.launcher = LAUNCHER;
    o.grace = std::chrono::milliseconds(300);
    return o;
}

job_spec local_fixture::spec(const std::string& name, const std::string& shell) const {
    job_spec s;
    s.job_name = name;
    s.user = "al";
    s.command = {"sh", "-c", shell};
    s.environment = {{"PATH", "/usr/bin:/bin"}, {"JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:0/user/al/"}};
    return s;
}

std::optional<job_status> local_fixture::seen(backend& b, const std::string& name) {
    auto jobs = run(b.list({}));
    if (!jobs) throw std::runtime_error(jobs.error().message);
    for (auto& j : *jobs)
        if (j.job_name == name) return j;
    return std::nullopt;
}

bool local_fixture::until(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

bool local_fixture::over(backend& b, const std::string& name) {
    return until([&] {
        auto j = seen(b, name);
        return j && j->phase == job_phase::over;
    });
}

std::string local_fixture::read(const fs::path& file) const {
    std::ifstream in(file);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

} // namespace berth::scheduler

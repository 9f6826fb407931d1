// SPDX-License-Identifier: BSD-3-Clause
// The configuration file. Whatever is wrong with it is told with file and line; no file ends the program.
#include "daemon/main/configuration.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <fmt/format.h>

#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace berth;
using fuzz::check;

// A file in memory, since the reader takes a path.
class memory_file {
  public:
    memory_file()
        : fd_(memfd_create("berth.toml", MFD_CLOEXEC))
        , path_(fmt::format("/proc/self/fd/{}", fd_)) {}
    ~memory_file() { close(fd_); }
    const std::string& with(std::string_view text) {
        check(ftruncate(fd_, 0) == 0 &&
                  pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
              "a file in memory");
        return path_;
    }

  private:
    int fd_;
    std::string path_;
};

} // namespace

void fuzz(std::string_view bytes) {
    static memory_file file;
    const auto c = config::read(file.with(bytes));
    if (!c) {
        check(!c.error().empty(), "a refusal has its reasons");
        for (const auto& p : c.error()) check(!p.to_text().empty() && !p.message.empty(), "each in words");
        return;
    }
    check(!c->clusters.empty(), "there is a cluster to start servers on");
    check(c->hub.base_url.starts_with('/') && c->hub.base_url.ends_with('/'), "base_url has its slashes");
    for (const auto& p : c->catalogue.profiles)
        check(scheduler::check_profile(c->catalogue, p).has_value(), "every profile can be offered");
}

// SPDX-License-Identifier: BSD-3-Clause
// berth-slurm-agent --prefix berth-HUB- [--conf /etc/slurm/slurm.conf] [--min-uid 1000] [--never-root USER]
// Started by berth with its socket as standard input; ends when that is closed. The only program that links
// libslurm. With --never-root, for clusters that want their users' tokens, it becomes USER when started as
// root, and ends when that leaves it root.
#include "daemon/runtime/serve_helper.hpp"
#include "scheduler/slurm/agent/verbs.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr int most_children = 8; // libslurm calls at once; slurmctld serves hundreds of clients

int usage(const char* why) {
    std::fprintf(stderr,
                 "berth-slurm-agent: %s\nusage: berth-slurm-agent --prefix NAME- [--conf FILE] [--min-uid N] "
                 "[--never-root USER]\n",
                 why);
    return 64;
}

bool give_up_root(const char* name) {
    if (geteuid() != 0 && getuid() != 0) return true;
    const passwd* user = getpwnam(name);
    if (!user || user->pw_uid == 0) return false;
    return initgroups(name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0;
}

} // namespace

int main(int argc, char** argv) {
    berth::slurm_agent::settings s;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) return usage("an option lacks its value");
        if (std::strcmp(argv[i], "--prefix") == 0)
            s.prefix = argv[i + 1];
        else if (std::strcmp(argv[i], "--conf") == 0)
            s.conf = argv[i + 1];
        else if (std::strcmp(argv[i], "--min-uid") == 0)
            s.min_uid = static_cast<uid_t>(std::strtoul(argv[i + 1], nullptr, 10));
        else if (std::strcmp(argv[i], "--never-root") == 0) {
            if (!give_up_root(argv[i + 1]))
                return usage("must not serve as root: set [hub] user to an ordinary user");
        } else
            return usage("unknown option");
    }
    if (s.prefix.size() < 4) return usage("--prefix is missing or shorter than 4 characters");
    if (s.min_uid == 0) return usage("--min-uid must be at least 1");
    prctl(PR_SET_DUMPABLE, 0); // job environments hold tokens
    umask(077);
    return berth::serve_helper(
        [s](const std::string& verb, const nlohmann::json& arguments) { return handle(s, verb, arguments); },
        most_children);
}

// SPDX-License-Identifier: BSD-3-Clause
// Job scripts from Mustache templates. What a tag inserts is one quoted shell word (quoting.hpp), by
// construction: the values are quoted before they meet the template, so no tag, {{{raw}}} or not, can insert
// an unquoted value. Inserted as they are: options, srun, prologue and epilogue, which only the administrator
// writes, and launch and environment, which are made here. README.md lists the names.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/job.hpp"

#include <string>

namespace berth::scheduler {

struct job_template {
    std::string name; // the file, for error sentences
    std::string text;
};

// What the cluster adds to a job_spec.
struct script_settings {
    int port_low = 0, port_high = 0; // where Berth's own launcher looks for a port; 0: any free one
    bool export_environment =
        false; // the environment as `export` lines: for schedulers that take none beside a script
    bool directives = false; // the fields as #SBATCH lines: for schedulers that take none beside a script
    std::string work_dir, log_file; // as the job sees them; "" where the back end sets them otherwise
    // What the paths of this hub's logs begin with, as the shell reads it: the job keeps the newest 50 of its
    // user's. "": somebody else clears them away.
    std::string old_logs = {};
};

job_template builtin_template();

// The file's template, checked; the built-in one when `path` is "". io_error, or what check_template says.
result<job_template> load_template(const std::string& path);

// invalid_argument names file and line: unknown names, unclosed tags and sections, partials, other
// delimiters, values between single quotes (they bring their own quoting).
result<void> check_template(const job_template& t);

// invalid_argument when the spec holds what no script can carry (an empty command, NUL, a variable's name
// that a shell does not take) or the template is not valid.
result<std::string> render(const job_template& t, const job_spec& spec, const script_settings& settings);

// "0" or "30000-40000".
result<script_settings> parse_port_range(const std::string& text, script_settings into = {});

} // namespace berth::scheduler

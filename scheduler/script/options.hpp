// SPDX-License-Identifier: BSD-3-Clause
// Profiles and what users may choose in them: typed, validated alike for the form and the API.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/job.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::scheduler {

// The fields of job_fields by their configuration names: partition, account, qos, reservation, constraint, gres, nodes,
// nprocs, cpus, memory ("2G"), runtime ("01:00:00"), srun, options, prologue, epilogue.
enum class choice_type { text, integer, duration, memory, select, boolean };

// One field that a user may choose: [profile.choose.FIELD].
struct choice {
    std::string field;                  // one of the names above, but none of options, prologue, epilogue, srun
    choice_type type = choice_type::text;
    std::string title;                  // label; default: the field's name in words
    std::optional<std::string> min, max, initial; // in the field's own notation; `initial` is the key "default"
    std::vector<std::string> options;   // of a select
    std::string pattern;                // of a text: an ECMAScript regular expression that the whole must match
    // A boolean offers one or two values in `options`: the last is set when it is on, the first of two when it is off.
};

struct profile {
    std::string name, title, description, cluster;
    job_fields set;
    std::vector<choice> choose;
};

struct catalogue {
    std::vector<profile> profiles;                  // in the configuration's order
    std::map<std::string, job_fields> clusters;     // every cluster with its defaults
};

// What a start will be, after validation.
struct resolved {
    std::string cluster, profile;       // profile "" when none is configured
    job_fields fields;                  // defaults, then the profile's, then the user's choices
};

// Reads one field in its configuration notation into `fields`. invalid_argument names the field, the value and the form.
result<void> set_field(job_fields& fields, const std::string& name, const nlohmann::json& value);

// `user_options`: the API's JSON object, e.g. {"profile": "small", "runtime": "02:00:00"}. With profiles configured:
// "profile" may be left out when there is one only; unknown keys, fields not offered and values out of bounds are
// invalid_argument, the sentence naming key, value and what is allowed. Without profiles: the first cluster with its
// defaults; keys are kept with the server and otherwise ignored (JupyterHub's clients send what they like).
result<resolved> resolve(const catalogue& c, const nlohmann::json& user_options);

// Whether a profile can be offered: its cluster exists and each of its choices is one that some value can satisfy, with
// bounds, options, pattern and default that are themselves allowed. invalid_argument names profile, field and reason.
result<void> check_profile(const catalogue& c, const profile& p);

// The spawn form's fields ("profile", "FIELD" or "PROFILE.FIELD" when several profiles are shown) as user_options.
// Fields left empty are left out. Never fails: `resolve` judges.
nlohmann::json options_from_form(const catalogue& c, const std::vector<std::pair<std::string, std::string>>& form);

// In plain words: "1 core, 2 GB, 1 hour, partition debug".
std::string in_words(const job_fields& fields);

} // namespace berth::scheduler

// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/record.hpp"

#include "scheduler/spawner/record_json.hpp"

namespace berth::scheduler {

store::migrations server_tables() {
    return {"scheduler", {R"(CREATE TABLE servers (
  user_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  user_name TEXT NOT NULL,
  account TEXT NOT NULL,
  url_path TEXT NOT NULL,
  display_name TEXT NOT NULL,
  cluster TEXT NOT NULL,
  profile TEXT NOT NULL,
  user_options TEXT NOT NULL,
  fields TEXT NOT NULL,
  step TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  remove_when_stopped INTEGER NOT NULL,
  attempt TEXT NOT NULL,
  job_name TEXT NOT NULL,
  job_id TEXT NOT NULL,
  job TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  reported_host TEXT NOT NULL,
  frozen BIGINT NOT NULL,
  created BIGINT,
  started BIGINT,
  phase_since BIGINT,
  ready_at BIGINT,
  last_activity BIGINT,
  stop_asked BIGINT,
  failure TEXT NOT NULL,
  progress TEXT NOT NULL,
  caveat TEXT NOT NULL,
  PRIMARY KEY (user_id, name)
))",
                          "ALTER TABLE servers ADD COLUMN start_keys TEXT NOT NULL DEFAULT ''"}};
}

store::statement select_servers() { return {"SELECT * FROM servers ORDER BY user_id, name", {}}; }

record record_from(const store::row& r) {
    record out;
    out.s.key = {store::integer(r, "user_id"), store::text(r, "name")};
    out.s.user_name = store::text(r, "user_name");
    out.account = store::text(r, "account");
    out.s.url_path = store::text(r, "url_path");
    out.s.display_name = store::text(r, "display_name");
    out.s.cluster = store::text(r, "cluster");
    out.s.profile = store::text(r, "profile");
    out.s.user_options = store::text(r, "user_options");
    out.s.fields = fields_from_json(store::text(r, "fields"));
    out.at = step_from(store::text(r, "step")).value_or(server_step::locating);
    out.s.state = phase_of(out.at);
    out.s.wanted = store::boolean(r, "wanted");
    out.s.remove_when_stopped = store::boolean(r, "remove_when_stopped");
    out.s.attempt = store::text(r, "attempt");
    out.s.job_name = store::text(r, "job_name");
    out.s.job_id = store::text(r, "job_id");
    out.s.job = job_from_json(store::text(r, "job"));
    out.s.host = store::text(r, "host");
    out.s.port = static_cast<int>(store::integer(r, "port"));
    out.reported_host = store::text(r, "reported_host");
    out.frozen = duration(store::integer(r, "frozen"));
    out.s.created = store::optional_time(r, "created");
    out.s.started = store::optional_time(r, "started");
    out.s.phase_since = store::optional_time(r, "phase_since");
    out.s.ready_at = store::optional_time(r, "ready_at");
    out.s.last_activity = store::optional_time(r, "last_activity");
    out.stop_asked = store::optional_time(r, "stop_asked");
    out.s.failure = failure_from_json(store::text(r, "failure"));
    out.s.progress = progress_from_json(store::text(r, "progress"));
    out.s.caveat = store::text(r, "caveat");
    out.s.start_keys = start_keys_from_json(store::text(r, "start_keys"));
    return out;
}

store::statement save_server(const record& r) {
    const auto& s = r.s;
    std::map<std::string, store::value> values = {
        {"user_id", s.key.user_id},
        {"name", s.key.name},
        {"user_name", s.user_name},
        {"account", r.account},
        {"url_path", s.url_path},
        {"display_name", s.display_name},
        {"cluster", s.cluster},
        {"profile", s.profile},
        {"user_options", s.user_options},
        {"fields", to_json_text(s.fields)},
        {"step", std::string(to_string(r.at))},
        {"wanted", store::stored_bool(s.wanted)},
        {"remove_when_stopped", store::stored_bool(s.remove_when_stopped)},
        {"attempt", s.attempt},
        {"job_name", s.job_name},
        {"job_id", s.job_id},
        {"job", to_json_text(s.job)},
        {"host", s.host},
        {"port", std::int64_t(s.port)},
        {"reported_host", r.reported_host},
        {"frozen", std::int64_t(r.frozen.count())},
        {"created", store::stored(s.created)},
        {"started", store::stored(s.started)},
        {"phase_since", store::stored(s.phase_since)},
        {"ready_at", store::stored(s.ready_at)},
        {"last_activity", store::stored(s.last_activity)},
        {"stop_asked", store::stored(r.stop_asked)},
        {"failure", to_json_text(s.failure)},
        {"progress", to_json_text(s.progress)},
        {"caveat", s.caveat},
        {"start_keys", to_json_text(s.start_keys)},
    };
    static const std::string sql = [&values] {
        std::string columns, places, updates;
        for (const auto& [column, unused] : values) {
            columns += (columns.empty() ? "" : ", ") + column;
            places += (places.empty() ? ":" : ", :") + column;
            if (column != "user_id" && column != "name")
                updates += (updates.empty() ? "" : ", ") + column + " = excluded." + column;
        }
        return "INSERT INTO servers (" + columns + ") VALUES (" + places +
               ") ON CONFLICT (user_id, name) DO UPDATE SET " + updates;
    }();
    return {sql, std::move(values)};
}

store::statement delete_server(const server_key& key) {
    return {"DELETE FROM servers WHERE user_id = :user_id AND name = :name",
            {{"user_id", key.user_id}, {"name", key.name}}};
}

store::statement save_job(const record& r) {
    return {"UPDATE servers SET job = :job, job_id = :job_id, host = :host, port = :port, "
            "reported_host = :reported_host WHERE user_id = :user_id AND name = :name AND attempt = :attempt",
            {{"job", to_json_text(r.s.job)},
             {"job_id", r.s.job_id},
             {"host", r.s.host},
             {"port", std::int64_t(r.s.port)},
             {"reported_host", r.reported_host},
             {"user_id", r.s.key.user_id},
             {"name", r.s.key.name},
             {"attempt", r.s.attempt}}};
}

store::statement save_activity(const server_key& key, time_point when) {
    return {"UPDATE servers SET last_activity = :last_activity WHERE user_id = :user_id AND name = :name",
            {{"last_activity", store::stored(when)}, {"user_id", key.user_id}, {"name", key.name}}};
}

} // namespace berth::scheduler

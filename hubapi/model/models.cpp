// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/models.hpp"

#include "auth/credentials/user_credentials.hpp"

#include "hubapi/model/urls.hpp"

namespace berth::hub {
namespace {

struct visible {
    bool all, name, groups, activity, servers, roles, auth_state;
};

visible what_of(const principal& caller, const user& u, const hub& h) {
    const auto& s = *caller.scopes;
    const auto t = auth::target::of_user(u.name);
    const auto may = [&](std::string_view scope) { return s.covers(scope, t, h.who); };
    const bool all = may("read:users");
    // read:servers may be filtered to single servers: then the member is there, holding those only.
    const bool servers = may("read:servers") || (s.find("read:servers") && !s.find("read:servers")->servers.empty());
    return {all, all || may("read:users:name"), all || may("read:users:groups"), all || may("read:users:activity"),
            servers, may("read:roles:users"), may("admin:auth_state")};
}

void write_servers(json_writer& w, hub& h, const user& u, const principal& caller, const user_view& view) {
    const auto& s = *caller.scopes;
    const auto may = [&](std::string_view scope, const std::string& name) {
        return s.covers(scope, auth::target::of_server(u.name, name), h.who);
    };
    w.key("servers").open('{');
    bool default_seen = false;
    for (const auto* server : h.servers.of_user(u.id)) {
        default_seen = default_seen || server->key.name.empty();
        if ((!server->active() && !view.include_stopped) || !may("read:servers", server->key.name)) continue;
        w.key(server->key.name);
        write_server(w, h, u, *server, may("admin:server_state", server->key.name));
    }
    if (view.include_stopped && !default_seen && may("read:servers", "")) {
        w.key("");
        write_server(w, h, u, never_started(h, u, ""), may("admin:server_state", ""));
    }
    w.close('}');
}

void write_default_server(json_writer& w, hub& h, const user& u) {
    const auto* s = h.servers.find({u.id, ""});
    w.key("server");
    s && s->ready() ? w.text(s->url_path) : w.null();
    w.key("pending").text_or_null(s ? s->pending() : std::string_view{});
}

void write_job(json_writer& w, const scheduler::server& s) {
    const auto& job = *s.job;
    w.key("job").open('{').key("cluster").text(s.cluster).key("profile").text_or_null(s.profile);
    w.key("id").text(job.job_id).key("state").text(job.state).key("reason").text_or_null(job.reason);
    w.key("node").text_or_null(job.node);
    w.key("expected_start").time(job.expected_start).key("started").time(job.started).key("ends_at").time(job.ends_at);
    w.close('}');
}

} // namespace

scheduler::server never_started(hub& h, const user& owner, const std::string& name) {
    scheduler::server s;
    s.key = {owner.id, name};
    s.user_name = owner.name;
    s.url_path = server_path(h.config.base_url, owner.name, name);
    // JupyterHub tells null of a user that never had any server.
    if (h.servers.of_user(owner.id).empty()) s.user_options = "null";
    return s;
}

void write_failure(json_writer& w, const scheduler::spawn_failure& f) {
    w.open('{').key("message").text(f.sentence).key("state").text_or_null(f.state).key("reason").text_or_null(f.reason);
    w.key("exit_code");
    f.exit_code ? w.number(*f.exit_code) : w.null();
    w.key("signal");
    f.signal ? w.number(*f.signal) : w.null();
    w.key("log").text(f.log_tail).key("at").time(f.at).close('}');
}

void write_server(json_writer& w, hub& h, const user& owner, const scheduler::server& s, bool with_state) {
    const auto& base = h.config.base_url;
    const auto& name = s.key.name;
    const auto progress = progress_path(base, owner.name, name);
    w.open('{').key("name").text(name);
    w.key("display_name").text(s.display_name.empty() ? name : s.display_name);
    w.key("full_name").text(full_name(owner.name, name));
    w.key("last_activity").time(s.last_activity);
    w.key("started").time(s.active() ? s.started : std::nullopt);
    w.key("pending").text_or_null(s.pending());
    w.key("ready").boolean(s.ready()).key("stopped").boolean(!s.active());
    w.key("url").text(s.url_path);
    w.key("user_options").raw(s.user_options.empty() ? "{}" : s.user_options);
    w.key("progress_url").text(progress);
    const auto& origin = h.config.public_url;
    w.key("full_url").text_or_null(origin.empty() ? "" : origin + s.url_path);
    w.key("full_progress_url").text_or_null(origin.empty() ? "" : origin + progress);
    if (with_state) {
        w.key("state");
        if (s.user_options == "null")
            w.null();
        else if (s.job_id.empty())
            w.raw("{}");
        else
            w.open('{').key("job_id").text(s.job_id).close('}');
    }
    // Beyond JupyterHub's model; left out where there is nothing to tell.
    if (!s.pending().empty()) w.key("phase").text(to_string(s.state));
    const auto kind = h.config.cluster_kind.find(s.cluster);
    const bool batch = kind != h.config.cluster_kind.end() && kind->second != "local";
    if (batch && s.active() && s.job && !s.job_id.empty()) write_job(w, s);
    if (s.unknown_since) w.key("unknown_since").time(s.unknown_since);
    if (!s.caveat.empty() && s.active()) w.key("caveat").text(s.caveat);
    if (s.failure) {
        w.key("failure");
        write_failure(w, *s.failure);
    }
    w.close('}');
}

void write_user(json_writer& w, hub& h, const user& u, const principal& caller, const user_view& view,
                const std::function<void(json_writer&)>& extra) {
    const auto see = what_of(caller, u, h);
    w.open('{').key("kind").text("user").key("name").text(u.name);
    if (see.name || see.roles || view.identify) w.key("admin").boolean(u.admin);
    if (see.groups || view.identify) w.key("groups").texts(u.groups);
    if (see.all || see.roles) w.key("roles").texts(h.may.roles_of(u));
    if (see.all) {
        write_default_server(w, h, u);
        w.key("created").time(u.created);
    }
    if (see.activity) w.key("last_activity").time(u.last_activity);
    if (see.name || view.identify) w.key("user_info").null();
    if (see.servers) write_servers(w, h, u, caller, view);
    if (see.auth_state) {
        const auto state = view.include_auth_state && h.identity.credentials ? h.identity.credentials->auth_state(u.id) : std::nullopt;
        w.key("auth_state").raw(state ? state->reveal() : "null");
    }
    if (extra) extra(w);
    w.close('}');
}

void write_group(json_writer& w, hub& h, const group& g, const principal& caller) {
    const auto t = auth::target::of_group(g.name);
    const auto may = [&](std::string_view scope) { return caller.scopes->covers(scope, t, h.who); };
    w.open('{').key("kind").text("group").key("name").text(g.name);
    if (may("read:roles:groups")) w.key("roles").texts(h.may.roles_of_group(g.name));
    if (may("read:groups")) {
        w.key("users").open('[');
        for (auto id : g.members)
            if (const auto* u = h.who.find(id)) w.text(u->name);
        w.close(']').key("properties").raw(g.properties);
    }
    w.close('}');
}

static void write_service_details(json_writer& w, hub& h, const service& s) {
    w.key("url").text(s.url).key("prefix").text(s.url.empty() ? "" : service_path(h.config.base_url, s.name));
    w.key("command").texts(s.command).key("pid").number(h.service_pid ? h.service_pid(s.name) : 0);
    w.key("info").raw(s.info).key("display").boolean(s.display);
}

void write_service(json_writer& w, hub& h, const service& s, const principal& caller,
                   const std::function<void(json_writer&)>& extra) {
    const auto t = auth::target::of_service(s.name);
    const auto may = [&](std::string_view scope) { return caller.scopes->covers(scope, t, h.who); };
    w.open('{').key("kind").text("service").key("name").text(s.name).key("admin").boolean(s.admin);
    if (may("read:services") && extra) // who am I: the members are there, with nothing in them
        w.raw(R"("url":null,"prefix":"","command":[],"pid":0,"info":null,"display":null)");
    else if (may("read:services"))
        write_service_details(w, h, s);
    if (may("read:roles:services")) w.key("roles").texts(h.may.roles_of_service(s.name));
    if (extra) extra(w);
    w.close('}');
}

void write_token(json_writer& w, hub& h, const auth::token_record& t, std::string_view value) {
    const auto* owner = t.user_id ? h.who.find(*t.user_id) : nullptr;
    const auto scopes = h.may.of_token(t);
    w.open('{').key(t.user_id ? "user" : "service").text(owner ? owner->name : t.service);
    w.key("id").text("a" + std::to_string(t.id)).key("kind").text("api_token").key("roles").open('[').close(']');
    w.key("scopes").texts(scopes ? scopes->to_strings() : std::vector<std::string>{});
    w.key("created").time(t.created).key("last_activity").time(t.last_activity).key("expires_at").time(t.expires_at);
    w.key("note").text(t.note).key("session_id").text_or_null(t.session_id);
    w.key("oauth_client").text(t.client_id == "jupyterhub" ? "JupyterHub" : t.note);
    if (!value.empty()) w.key("token").text(value);
    w.close('}');
}

} // namespace berth::hub

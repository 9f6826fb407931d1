// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/page_data.hpp"

#include "daemon/runtime/encoding.hpp"

namespace berth::pages {

namespace {

bool control(unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }

// An id attribute and a fragment: letters, digits and "-" stay.
std::string id_of(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (plain)
            out += c;
        else
            out += "_" + hex_encode(std::string_view(&c, 1));
    }
    return out;
}

// What becomes of the server while nobody can see it.
std::string unknown_words(const server_card& c) {
    if (!c.open_url.empty()) return "Your notebook goes on.";
    if (!c.cancel_action.empty()) return "Your request is kept, and so is your place in the queue.";
    return "It ends as soon as the controller is back.";
}

data of_card(const server_card& c) {
    data d;
    put(d, "id", id_of(c.id));
    put(d, "title", c.title);
    put(d, "kind", c.state.kind);
    put(d, "state", c.state.text);
    put(d, "sentence", c.sentence);
    put(d, "reason", c.reason);
    put(d, "time_label", c.time_label);
    put(d, "time", c.time);
    put(d, "left", c.left);
    put(d, "unknown", c.unknown_since);
    put(d, "unknown_text", unknown_words(c));
    put(d, "facts", c.facts);
    put(d, "log_tail", printable(c.log_tail));
    put(d, "open_url", c.open_url);
    put(d, "progress_url", c.progress_url);
    put(d, "cancel_action", c.cancel_action);
    put(d, "stop_action", c.stop_action);
    put(d, "start_action", c.start_action);
    put(d, "start_url", c.start_url);
    put(d, "start_label", c.start_label);
    put(d, "change_url", c.change_url);
    put(d, "dismiss_action", c.dismiss_action);
    put(d, "report_url", c.report_url);
    put(d, "delete_url", c.delete_url);
    return d;
}

data of_field(const spawn_field& f) {
    data d;
    const auto id = id_of(f.id);
    std::string described;
    if (!f.hint.empty()) described = id + "-hint";
    if (!f.error.empty()) described += (described.empty() ? "" : " ") + id + "-error";
    put(d, "id", id);
    put(d, "name", f.name);
    put(d, "label", f.label);
    put(d, "value", f.value);
    put(d, "hint", f.hint);
    put(d, "error", f.error);
    put(d, "described", described);
    put(d, "input_mode", f.input_mode);
    put(d, "is_select", f.is_select);
    put(d, "is_checkbox", f.is_checkbox);
    put(d, "is_input", !f.is_select && !f.is_checkbox);
    put(d, "checked", f.checked);
    put_list(d, "options", f.options, [](const spawn_field::option& o) {
        data option;
        put(option, "value", o.value);
        put(option, "selected", o.selected);
        return option;
    });
    return d;
}

data of_profile(const spawn_profile& p) {
    data d;
    put(d, "id", id_of(p.name));
    put(d, "name", p.name);
    put(d, "title", p.title);
    put(d, "description", p.description);
    put(d, "resources", p.resources);
    put(d, "cluster", p.cluster);
    put(d, "cluster_down", p.cluster_down);
    put(d, "chosen", p.chosen);
    put_list(d, "fields", p.fields, of_field);
    return d;
}

std::string in_words(const std::string& state) {
    if (state == "done") return "done";
    if (state == "now") return "under way";
    return state == "failed" ? "failed" : "to come";
}

data of_step(const timeline_step& s) {
    data d;
    put(d, "state", s.state);
    put(d, "state_word", in_words(s.state));
    put(d, "is_now", s.state == "now");
    put(d, "label", s.label);
    put(d, "detail", s.detail);
    put(d, "note", s.note);
    put(d, "at", s.at);
    put(d, "elapsed", s.elapsed);
    put(d, "since_iso", s.since_iso);
    return d;
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    const bool good = is_valid_utf8(text);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (!good && byte >= 0x80)
            out += '?';
        else if (!control(byte))
            out += c;
    }
    return out;
}

void put(data& into, const std::string& key, const std::string& text) {
    if (text.empty())
        into.set(key, data(false));
    else
        into.set(key, data(printable(text)));
}

void put(data& into, const std::string& key, bool value) { into.set(key, data(value)); }

void put(data& into, const std::string& key, const moment& m) {
    put(into, key, m.text);
    put(into, key + "_iso", m.iso);
}

data of(const login_view& v) {
    data d;
    put(d, "action", v.action);
    put(d, "username", v.username);
    put(d, "error", v.error);
    put(d, "insecure", v.insecure);
    put(d, "provider_url", v.provider_url);
    put(d, "provider_name", v.provider_name);
    return d;
}

data of(const home_view& v) {
    data d;
    bool busy = false;
    for (const auto& s : v.servers) busy = busy || s.busy;
    put(d, "busy", busy);
    put(d, "empty", v.servers.empty());
    put(d, "any", !v.servers.empty());
    put(d, "start_url", v.start_url);
    put(d, "new_url", v.new_url);
    put(d, "notice", v.notice);
    put_list(d, "servers", v.servers, of_card);
    put(d, "any_shared", !v.shared.empty());
    put_list(d, "shared", v.shared, [](const shared_card& c) {
        data item;
        put(item, "id", c.id);
        put(item, "title", c.title);
        put(item, "owner", c.owner);
        put(item, "kind", c.state.kind);
        put(item, "state", c.state.text);
        put(item, "open_url", c.open_url);
        put(item, "leave_action", c.leave_action);
        put(item, "by_group", c.by_group);
        return item;
    });
    put_list(d, "down", v.down, [](const cluster_notice& c) {
        data item;
        put(item, "name", c.name);
        put(item, "why", c.why);
        put(item, "since", c.since);
        return item;
    });
    return d;
}

data of(const spawn_view& v) {
    data d;
    put(d, "heading",
        v.ask_name         ? std::string("New server")
        : v.server.empty() ? std::string("Start your server")
                           : "Start “" + v.server + "”");
    put(d, "action", v.action);
    put(d, "for_user", v.for_user);
    put(d, "error", v.error);
    put(d, "ask_name", v.ask_name);
    put(d, "name_value", v.name_value);
    put(d, "name_error", v.name_error);
    put(d, "cancel_url", v.cancel_url);
    put_list(d, "profiles", v.profiles, of_profile);
    return d;
}

data of(const pending_view& v) {
    data d;
    put(d, "server_title", v.server_title);
    put(d, "kind", v.state.kind);
    put(d, "state", v.state.text);
    put(d, "headline", v.headline);
    put(d, "live", v.live);
    put(d, "unknown", v.unknown_since);
    put(d, "progress_url", v.progress_url);
    put(d, "cancel_action", v.cancel_action);
    put(d, "home_url", v.home_url);
    put(d, "stopping", v.stopping);
    put_list(d, "steps", v.steps, of_step);
    return d;
}

data of(const failed_view& v) {
    data d;
    put(d, "server_title", v.server_title);
    put(d, "headline", v.headline);
    put(d, "sentence", v.sentence);
    put(d, "scheduler_words", v.scheduler_words);
    put(d, "exit_code", v.exit_code);
    put(d, "signal", v.signal);
    put(d, "job_id", v.job_id);
    put(d, "profile", v.profile);
    put(d, "at", v.at);
    put(d, "log_tail", v.log_tail);
    put(d, "report", v.report);
    put(d, "again_action", v.again_action);
    put(d, "change_url", v.change_url);
    put(d, "dismiss_action", v.dismiss_action);
    return d;
}

data of(const not_running_view& v) {
    data d;
    put(d, "server_title", v.server_title);
    put(d, "path", v.path);
    put(d, "start_action", v.start_action);
    put(d, "start_url", v.start_url);
    put(d, "change_url", v.change_url);
    put(d, "options", v.options);
    return d;
}

data of(const ask_view& v) {
    data d;
    put(d, "question", v.question);
    put(d, "consequence", v.consequence);
    put(d, "action", v.action);
    put(d, "verb", v.verb);
    put(d, "back_url", v.back_url);
    put(d, "button", std::string(v.danger ? "destroy" : "primary"));
    return d;
}

data of(const consent_view& v) {
    data d;
    put(d, "app", v.app);
    put(d, "action", v.action);
    put(d, "user", v.user);
    put(d, "deny_url", v.deny_url);
    put_list(d, "scopes", v.scopes, [](const consent_view::scope& s) {
        data item;
        put(item, "name", s.name);
        put(item, "description", s.description);
        put(item, "where", s.where);
        return item;
    });
    return d;
}

data of(const onward_view& v) {
    data d;
    put(d, "heading", v.heading);
    put(d, "what", v.what);
    put(d, "url", v.url);
    put(d, "text", v.text);
    return d;
}

data of(const error_view& v) {
    data d;
    put(d, "status", std::to_string(v.status));
    put(d, "heading", v.title);
    put(d, "what", v.what);
    put(d, "remedy", v.remedy);
    put(d, "back_url", v.back_url);
    put(d, "back_text", v.back_text);
    put(d, "details", v.details);
    return d;
}

data of(const token_view& v) {
    data d;
    put(d, "action", v.action);
    put(d, "fresh_token", v.fresh_token);
    put(d, "fresh_note", v.fresh_note);
    put(d, "error", v.error);
    put(d, "note_value", v.note_value);
    put(d, "everywhere_url", v.everywhere_url);
    put(d, "notice", v.notice);
    put_list(d, "expiries", v.expiries, [](const token_view::expiry& e) {
        data item;
        put(item, "value", e.value);
        put(item, "text", e.text);
        put(item, "chosen", e.chosen);
        return item;
    });
    put_list(d, "tokens", v.tokens, [](const token_row& t) {
        data item;
        put(item, "id", t.id);
        put(item, "note", t.note);
        put(item, "scopes", t.scopes);
        put(item, "created", t.created);
        put(item, "used", t.last_used);
        put(item, "expires", t.expires);
        put(item, "revoke_url", t.revoke_url);
        return item;
    });
    put_list(d, "apps", v.apps, [index = 0](const app_row& a) mutable {
        data item;
        put(item, "index", std::to_string(index++));
        put(item, "name", a.name);
        put(item, "scopes", a.scopes);
        put(item, "since", a.since);
        put(item, "used", a.last_used);
        put(item, "revoke_url", a.revoke_url);
        return item;
    });
    put_list(d, "sessions", v.sessions, [index = 0](const session_row& s) mutable {
        data item;
        put(item, "index", std::to_string(index++));
        put(item, "browser", s.browser);
        put(item, "address", s.address);
        put(item, "since", s.since);
        put(item, "seen", s.last_seen);
        put(item, "current", s.current);
        put(item, "sign_out_url", s.sign_out_url);
        put(item, "credential", s.credential);
        return item;
    });
    return d;
}

} // namespace berth::pages

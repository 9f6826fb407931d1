// SPDX-License-Identifier: BSD-3-Clause
// What each page shows: plain values, everything already in words. Text members are plain text (escaped when
// rendered); members ending in _url are addresses on this hub, or "" when there is none.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace berth::pages {

// The centre's own look, from the configuration; fixed while the program runs.
struct site {
    std::string name = "Berth";
    std::string base_url = "/"; // begins and ends with "/"
    std::string logo_url;       // "": our own
    std::string accent,
        accent_dark; // CSS colours "#0b5d7a"; "": ours. Anything that is no #hex colour is ignored
    std::string help_url, help_text; // where people find help: a link at the foot of every page
};

// What every page has around its content.
struct frame {
    std::string user; // "": nobody is signed in
    std::string xsrf; // the token that forms carry
    std::string request_id;
    std::string current; // "home", "token", "admin": marks the entry of the navigation
    bool may_admin = false; // there is such an entry for administrators
    std::string announcement;
    std::string notice;  // what does not work at the moment
    std::string refresh; // seconds after which a browser without scripts asks again; "" for never
};

// One moment for people and for scripts: "14:05 UTC" and its ISO 8601 form, which scripts show in local time.
struct moment {
    std::string text, iso;
    bool empty() const { return iso.empty(); }
};

// How a server stands, as a word with a colour.
struct chip {
    std::string kind; // running, queued, starting, stopping, unknown, failed, stopped
    std::string text; // "Queued"
};

struct login_view {
    std::string action; // "/hub/login?next=%2Fhub%2Fhome"
    std::string username, error;
    bool insecure = false;                   // signed in over plain http from elsewhere
    std::string provider_url, provider_name; // sign-in with an identity provider in place of a password
};

// One server on the home page.
struct server_card {
    std::string id;    // unique in the page, safe in an id attribute
    std::string title; // "Default server", "analysis"
    chip state;
    std::string sentence;   // "On n042, 4 cores, 8 GB"
    std::string reason;     // the scheduler's words: "waiting for resources (Slurm: Resources)"
    std::string time_label; // "Expected to start", "Ends"
    moment time;
    std::string left;     // "3 h 12 min left"
    moment unknown_since; // the cluster does not answer since
    std::string facts;    // "Slurm job 4711 · small"
    std::string log_tail;
    // Actions, in their order; "" when not offered. _action: a form is posted; _url: a page is opened.
    std::string open_url, progress_url, cancel_action, stop_action, start_action, start_url, change_url,
        dismiss_action, report_url, delete_url;
    std::string start_label; // "Start" or "Start again"
    bool busy = false;       // changes by itself: look again soon
};

// Somebody else's server that one may use.
struct shared_card {
    std::string id, title, owner; // "alice’s server “analysis”"
    chip state;
    std::string open_url;     // "" while it does not run
    std::string leave_action; // "" where a group has it
    std::string by_group;
};

struct cluster_notice {
    std::string name, why;
    moment since;
};

struct home_view {
    std::string title_state; // "Running", "2 servers running", "Home"
    std::vector<server_card> servers;
    std::vector<shared_card> shared;
    std::vector<cluster_notice> down;
    std::string start_url; // nothing exists: one button to begin with
    std::string new_url;   // "New server"; "" when not allowed
    std::string notice;    // "Server \"x\" is stopping."
};

// One field that a profile lets people choose.
struct spawn_field {
    std::string name; // of the control: "runtime" or "small.runtime"
    std::string id, label, value, hint, error;
    std::string input_mode; // "numeric" or ""
    bool is_select = false, is_checkbox = false, checked = false;
    struct option {
        std::string value;
        bool selected = false;
    };
    std::vector<option> options;
};

struct spawn_profile {
    std::string name, title, description, resources; // "1 core, 2 GB, 1 hour"
    std::string cluster, cluster_down;               // said when the cluster does not answer
    bool chosen = false;
    std::vector<spawn_field> fields;
};

struct spawn_view {
    std::string action;    // where the form is posted, next= included
    std::string for_user;  // somebody else's server; "" for one's own
    std::string server;    // "" is the default one
    std::string error;     // about the whole form
    bool ask_name = false; // a new server: asks for its name
    std::string name_value, name_error;
    std::vector<spawn_profile> profiles;
    std::string cancel_url;
};

// One station of a start.
struct timeline_step {
    std::string state; // done, now, todo, failed
    std::string label; // "Queued"
    std::string detail, note;
    moment at;
    std::string elapsed;   // how long this step took, or takes so far: "12 s"
    std::string since_iso; // of the step under way: scripts count on
};

struct pending_view {
    std::string server_title; // "Default server"
    chip state;
    std::string headline; // "Waiting in the queue"
    std::string live;     // what a screen reader is told when it changes
    std::vector<timeline_step> steps;
    moment unknown_since;
    std::string progress_url; // the event stream, XSRF token included
    std::string cancel_action, home_url;
    bool stopping = false;
};

struct failed_view {
    std::string headline; // "The server did not start", "The server ended"
    std::string server_title, sentence;
    std::string scheduler_words; // "Slurm: OUT_OF_MEMORY"
    std::string exit_code, signal, job_id, profile;
    moment at;
    std::string log_tail, report;
    std::string again_action, change_url, dismiss_action;
};

struct not_running_view {
    std::string server_title;            // "Your server", "alice's server \"x\""
    std::string path;                    // where the link pointed
    std::string start_action, start_url; // a form, or a link where visiting a link may start a server
    std::string change_url;
    std::string options; // what a start will be, in words
};

struct ask_view { // what cannot be undone asks first
    std::string title, question, consequence;
    std::string action, verb; // the form and its button
    std::string back_url;
    bool danger = true;
};

struct token_row {
    std::string note, scopes, id;
    moment created, last_used, expires; // expires empty: never
    std::string revoke_url;
};
struct session_row {
    std::string browser, address;
    moment since, last_seen;
    bool current = false;
    std::string sign_out_url;
    std::string credential; // how its tokens of the identity provider stand: "Token good until 14:05 UTC"
};
struct app_row {
    std::string name, scopes;
    moment since, last_used;
    std::string revoke_url;
};

struct token_view {
    std::string action;                  // where a token is created
    std::string fresh_token, fresh_note; // shown once
    std::string error, note_value;
    struct expiry {
        std::string value, text;
        bool chosen = false;
    };
    std::vector<expiry> expiries;
    std::vector<token_row> tokens;
    std::vector<session_row> sessions;
    std::vector<app_row> apps;
    std::string everywhere_url; // "Sign out everywhere"
    std::string notice;
};

struct consent_view {
    std::string app, action; // the authorize address, posted to
    std::string user;
    struct scope {
        std::string name, description, where;
    };
    std::vector<scope> scopes;
    std::string deny_url;
};

// A start that has to wait, with the form that asks for it again.
struct busy_view {
    std::string what;
    int seconds = 30; // until the page asks again
    std::string action;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string back_url;
};

// A page that leads elsewhere by itself.
struct onward_view {
    std::string heading, what, url, text;
};

struct error_view {
    int status = 500;
    std::string title, what, remedy;
    std::string back_url, back_text;
    std::string details; // a log tail, a stack of facts; "" when there is none
};

} // namespace berth::pages

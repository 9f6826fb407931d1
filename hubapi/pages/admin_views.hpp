// SPDX-License-Identifier: BSD-3-Clause
// What the pages of administrators show: plain values in words, as in views.hpp.
#pragma once

#include "hubapi/pages/views.hpp"

#include <string>
#include <vector>

namespace berth::pages {

// One server, or the place of one: a line of the table.
struct admin_server {
    std::string title;
    chip state;
    std::string cluster, job, node; // "hpc", "4711", "n042"
    std::string why;                // the queue's reason, or why it ended
    std::string open_url, start_action, stop_action;
    std::string stop_verb; // "Stop" or "Cancel"
};

struct admin_user {
    std::string name;
    bool admin = false;
    std::vector<std::string> groups;
    bool shows_activity = false;
    moment last_activity; // empty: never
    std::string edit_url; // "" when the viewer may change nothing of it
    std::vector<admin_server> servers;
    std::string more; // "12 more servers"; where they are is edit_url
};

struct admin_option {
    std::string value, text;
    bool chosen = false;
};

// What an action came to: one sentence each.
struct admin_outcome {
    std::string done;
    std::vector<std::string> failed;
};

struct admin_view {
    std::string action;      // the list itself, for the form that searches
    std::string bulk_action; // "" when nothing may be started or stopped
    std::string back;        // the list's own query, for its forms to come back to
    std::string name_filter;
    std::vector<admin_option> states, sorts;
    std::vector<admin_user> users;
    std::string range; // "51 to 100 of 10,000 users"
    std::string previous_url, next_url, add_url, groups_url, stop_all_url;
    admin_outcome outcome;
    bool busy = false; // something changes by itself: look again soon
    bool live = true;  // the answer to a form is not asked for again
};

struct admin_add_view {
    std::string action, back_url, names, error;
    bool admin = false, may_grant = false;
};

struct admin_user_view {
    std::string action, back_url, delete_url;
    std::string user, name, groups; // groups: one a line
    bool admin = false, may_edit = false, may_grant = false, may_group = false;
    std::vector<admin_server> servers;
    std::string error;
};

struct admin_groups_view {
    struct row {
        std::string name, url;
        std::size_t members = 0;
    };
    std::vector<row> groups;
    std::string range, previous_url, next_url, back_url;
    std::string action; // makes one; "" when the viewer may not
    std::string name, members, error;
};

struct admin_group_view {
    std::string group, action, back_url, delete_url;
    std::string members, properties; // members: one a line; properties: JSON
    bool may_edit = false;
    std::string error;
};

} // namespace berth::pages

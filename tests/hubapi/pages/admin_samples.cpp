// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hubapi/pages/samples.hpp"

namespace berth::pages {

namespace {

frame of_root() {
    frame f;
    f.user = "root";
    f.may_admin = true;
    f.xsrf = "xsrf-token";
    f.request_id = "5f2c9d1e7ab04c33";
    f.current = "admin";
    return f;
}

admin_server waiting() {
    admin_server s;
    s.title = "analysis";
    s.state = {"queued", "Queued"};
    s.cluster = "hpc";
    s.job = "4712";
    s.why = "Waiting for resources (Slurm: Resources)";
    s.stop_action = "/hub/admin/stop/alice/analysis";
    s.stop_verb = "Cancel";
    return s;
}

admin_server running() {
    admin_server s;
    s.title = "Default server";
    s.state = {"running", "Running"};
    s.cluster = "hpc";
    s.job = "4711";
    s.node = "n042";
    s.open_url = "/user/alice/";
    s.stop_action = "/hub/admin/stop/alice";
    s.stop_verb = "Stop";
    return s;
}

admin_server idle() {
    admin_server s;
    s.title = "Default server";
    s.state = {"stopped", "Stopped"};
    s.start_action = "/hub/admin/start/bob";
    return s;
}

admin_view list() {
    admin_user alice, bob;
    alice.name = "alice";
    alice.admin = alice.shows_activity = true;
    alice.groups = {"night shift", "staff"};
    alice.last_activity = {"14:05 UTC", "2026-11-22T14:05:00Z"};
    alice.edit_url = "/hub/admin/users/alice";
    alice.servers = {running(), waiting()};
    bob.name = "bob <b>";
    bob.servers = {idle()};
    admin_view v;
    v.action = "/hub/admin";
    v.bulk_action = "/hub/admin/selected";
    v.states = {{"", "Any", true}, {"active", "Active", false}};
    v.sorts = {{"name", "Name", true}};
    v.users = {alice, bob};
    v.range = "1 to 2 of 10,000 users";
    v.next_url = "/hub/admin?offset=2&limit=2";
    v.add_url = "/hub/admin/add";
    v.groups_url = "/hub/admin/groups";
    v.stop_all_url = "/hub/admin/stop-all";
    v.busy = true;
    return v;
}

admin_user_view user() {
    admin_user_view v;
    v.action = "/hub/admin/users/alice";
    v.delete_url = v.action + "/delete";
    v.back_url = "/hub/admin";
    v.user = v.name = "alice";
    v.groups = "night shift\nstaff";
    v.may_edit = v.may_grant = v.may_group = v.admin = true;
    v.servers = {running(), waiting()};
    return v;
}

} // namespace

void add_admin_samples(const renderer& r, std::vector<sample>& all) {
    all.push_back({"admin", r.admin(of_root(), list())});
    auto failed = list();
    failed.live = false;
    failed.outcome = {"1 server asked to start.",
                      {"bob: already starting", "zoe: The cluster does not answer."}};
    all.push_back({"admin-failed", r.admin(of_root(), failed)});
    admin_add_view add;
    add.action = "/hub/admin/add";
    add.may_grant = true;
    all.push_back({"admin-add", r.admin_add(of_root(), add)});
    all.push_back({"admin-user", r.admin_user(of_root(), user())});
    admin_groups_view groups;
    groups.groups = {{"night shift", "/hub/admin/groups/night%20shift", 12},
                     {"staff", "/hub/admin/groups/staff", 3}};
    groups.action = "/hub/admin/groups";
    groups.range = "1 to 2 of 2 groups";
    all.push_back({"admin-groups", r.admin_groups(of_root(), groups)});
    admin_group_view group;
    group.group = "staff";
    group.action = "/hub/admin/groups/staff";
    group.members = "alice\nbob";
    group.properties = "{\n  \"project\": \"c21\"\n}";
    group.may_edit = true;
    all.push_back({"admin-group", r.admin_group(of_root(), group)});
}

} // namespace berth::pages

// SPDX-License-Identifier: BSD-3-Clause
// The JSON models of JupyterHub's API (hub contract 1.3), with the members that the caller's scopes grant.
#pragma once

#include "hubapi/model/hub.hpp"
#include "hubapi/model/json_writer.hpp"

#include <functional>
#include <string>

namespace berth::hub {

struct user_view {
    bool include_stopped = false;   // ?include_stopped_servers
    bool include_auth_state = false; // only GET /users/:name fills it; elsewhere it is null for who may see it
    bool identify = false;          // whoami: name, kind, admin and groups whatever the scopes say
};
// Writes one object without its closing brace when `extra` is set: extra adds members.
void write_user(json_writer& w, hub& h, const user& u, const principal& caller, const user_view& view,
                const std::function<void(json_writer&)>& extra = {});
void write_server(json_writer& w, hub& h, const user& owner, const scheduler::server& s, bool with_state);
// The default server of a user that never had one, as include_stopped_servers shows it.
scheduler::server never_started(hub& h, const user& owner, const std::string& name);
void write_group(json_writer& w, hub& h, const group& g, const principal& caller);
void write_service(json_writer& w, hub& h, const service& s, const principal& caller,
                   const std::function<void(json_writer&)>& extra = {});
// `value`: the token itself, shown once at its creation; empty otherwise.
void write_token(json_writer& w, hub& h, const auth::token_record& t, std::string_view value = {});
// What a failed start was, for models and progress events: {"message","state","reason","exit_code","signal","log","at"}.
void write_failure(json_writer& w, const scheduler::spawn_failure& f);

template<class Write>
std::string to_json(Write&& write) {
    std::string out;
    json_writer w(out);
    write(w);
    return out;
}

} // namespace berth::hub

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/static_files.hpp"
#include "daemon/runtime/result.hpp"
#include "hubapi/openapi/catalogue.hpp"
#include "hubapi/pages/admin_views.hpp"
#include "hubapi/pages/views.hpp"

#include <memory>
#include <string>

namespace berth::pages {

// Turns views into HTML by Mustache templates. Templates and assets are embedded in the program; a folder may
// replace them one by one (NAME.mustache in `templates/`, any file in `static/`). Read once, in `make`; used
// from the hub thread.
class renderer {
  public:
    // invalid_argument names the file of the folder that is no template, and what is wrong with it.
    static result<std::unique_ptr<renderer>> make(site s, const std::string& folder = "");
    renderer(const renderer&) = delete;
    renderer& operator=(const renderer&) = delete;
    ~renderer();

    std::string login(const frame& f, const login_view& v) const;
    std::string home(const frame& f, const home_view& v) const;
    std::string spawn(const frame& f, const spawn_view& v) const;
    std::string pending(const frame& f, const pending_view& v) const;
    std::string failed(const frame& f, const failed_view& v) const;
    std::string not_running(const frame& f, const not_running_view& v) const;
    std::string ask(const frame& f, const ask_view& v) const;
    std::string token(const frame& f, const token_view& v) const;
    std::string consent(const frame& f, const consent_view& v) const;
    std::string busy(const frame& f, const busy_view& v) const;
    std::string onward(const frame& f, const onward_view& v) const;
    std::string error(const frame& f, const error_view& v) const;
    std::string signed_out(const frame& f) const;
    std::string docs(const frame& f, const openapi::catalogue& all) const;
    std::string docs_group(const frame& f, const openapi::group& g) const;
    std::string docs_models(const frame& f, const std::vector<openapi::model>& models) const;
    std::string admin(const frame& f, const admin_view& v) const;
    std::string admin_add(const frame& f, const admin_add_view& v) const;
    std::string admin_user(const frame& f, const admin_user_view& v) const;
    std::string admin_groups(const frame& f, const admin_groups_view& v) const;
    std::string admin_group(const frame& f, const admin_group_view& v) const;

    const http::asset_library& assets() const;
    const site& about() const;

  private:
    struct state;
    explicit renderer(std::unique_ptr<state> s);
    std::unique_ptr<state> state_;
};

} // namespace berth::pages

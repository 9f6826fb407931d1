// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/render.hpp"

#include "hubapi/pages/embedded.hpp"
#include "hubapi/pages/page_data.hpp"

#include <algorithm>
#include <map>

namespace berth::pages {

namespace {

std::string_view media_type(std::string_view name) {
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "application/octet-stream";
}

bool hex_colour(std::string_view c) {
    const auto hex = [](char x) {
        return (x >= '0' && x <= '9') || (x >= 'a' && x <= 'f') || (x >= 'A' && x <= 'F');
    };
    return (c.size() == 4 || c.size() == 7) && c[0] == '#' && std::all_of(c.begin() + 1, c.end(), hex);
}

// Inline styles are forbidden by our policy, so the centre's colours are a stylesheet of their own.
std::string site_style(const site& s) {
    std::string css;
    if (hex_colour(s.accent)) css += ":root{--accent:" + s.accent + "}\n";
    if (hex_colour(s.accent_dark)) {
        css += "@media (prefers-color-scheme:dark){:root{--accent:" + s.accent_dark + "}}\n";
    } else if (!css.empty()) { // a colour for light pages is too dark for dark ones: ours stays there
        css += "@media (prefers-color-scheme:dark){:root{--accent:#7cc7e4}}\n";
    }
    return css;
}

std::string folder_of(const std::string& folder, std::string_view part) {
    return folder.empty() ? std::string() : folder + "/" + std::string(part);
}

using asset_map = std::map<std::string, http::asset>;

// Modules import each other by their plain names; here they get the names that may be cached for ever.
http::asset_library make_assets(const std::string& folder, const std::string& own_style) {
    asset_map all;
    std::map<std::string, std::string> rewritten;
    for (const auto& f : embedded_assets()) all[std::string(f.name)] = {f.content, media_type(f.name)};
    const std::string app = http::asset_library(asset_map{{"app.js", all["app.js"]}}, folder).url("app.js");
    for (auto& [name, asset] : all) {
        const auto at = asset.content.find("'./app.js'");
        if (at == std::string_view::npos) continue;
        auto& text = rewritten[name];
        text = std::string(asset.content).replace(at, 10, "'./" + app + "'");
        asset.content = text;
    }
    if (!own_style.empty()) all["site.css"] = {own_style, media_type(".css")};
    return {all, folder};
}

} // namespace

struct renderer::state {
    site about;
    template_library templates;
    http::asset_library assets;
    bool own_style;

    std::string hub(std::string_view below) const { return about.base_url + "hub/" + std::string(below); }
    std::string asset(std::string_view name) const { return hub("static/") + assets.url(name); }
    std::string page(const frame& f, const std::string& name, const std::string& title,
                     const std::string& script, data values) const;
};

result<std::unique_ptr<renderer>> renderer::make(site s, const std::string& folder) {
    auto templates = template_library::load(folder_of(folder, "templates"));
    if (!templates) return fail(templates.error());
    const auto style = site_style(s);
    auto made =
        std::unique_ptr<state>(new state{std::move(s), std::move(*templates),
                                         make_assets(folder_of(folder, "static"), style), !style.empty()});
    return std::unique_ptr<renderer>(new renderer(std::move(made)));
}

renderer::renderer(std::unique_ptr<state> s) : state_(std::move(s)) {}
renderer::~renderer() = default;
const http::asset_library& renderer::assets() const { return state_->assets; }
const site& renderer::about() const { return state_->about; }

std::string renderer::state::page(const frame& f, const std::string& name, const std::string& title,
                                  const std::string& script, data values) const {
    const auto full_title = title + (f.user.empty() ? "" : " · " + f.user) + " · " + about.name;
    put(values, "title", full_title);
    put(values, "page", name);
    put(values, "site", about.name);
    put(values, "hub", hub(""));
    put(values, "logo", about.logo_url.empty() ? hub("logo") : about.logo_url);
    put(values, "xsrf", f.xsrf);
    put(values, "request_id", f.request_id);
    std::string file = name;
    std::replace(file.begin(), file.end(), '-', '_');
    const auto body = templates.render(file, values);

    put(values, "favicon", asset("favicon.svg"));
    put(values, "style", asset("style.css"));
    put(values, "site_style", own_style ? asset("site.css") : std::string());
    put(values, "refresh", f.refresh);
    put(values, "user", f.user);
    put(values, "at_home", f.current == "home");
    put(values, "at_token", f.current == "token");
    put(values, "at_docs", f.current == "docs");
    put(values, "at_admin", f.current == "admin");
    put(values, "may_admin", f.may_admin);
    put(values, "announcement", f.announcement);
    put(values, "notice", f.notice);
    put(values, "help_url", about.help_url);
    put(values, "help_text", about.help_text.empty() ? std::string("Help") : about.help_text);
    put_list(values, "scripts", std::vector<std::string>{script}, [&](const std::string& s) {
        data item;
        put(item, "url", asset(s));
        return item;
    });
    values.set("body", data(body));
    return templates.render("layout", values);
}

std::string renderer::login(const frame& f, const login_view& v) const {
    return state_->page(f, "login", v.error.empty() ? "Sign in" : "Sign in: not accepted", "app.js", of(v));
}
std::string renderer::home(const frame& f, const home_view& v) const {
    return state_->page(f, "home", v.title_state.empty() ? "Home" : v.title_state, "home.js", of(v));
}
std::string renderer::spawn(const frame& f, const spawn_view& v) const {
    return state_->page(f, "spawn", v.error.empty() ? "Start a server" : "Not started", "app.js", of(v));
}
std::string renderer::pending(const frame& f, const pending_view& v) const {
    return state_->page(f, "pending", v.state.text, "pending.js", of(v));
}
std::string renderer::failed(const frame& f, const failed_view& v) const {
    return state_->page(f, "failed", "Failed", "app.js", of(v));
}
std::string renderer::not_running(const frame& f, const not_running_view& v) const {
    return state_->page(f, "not-running", "Not running", "app.js", of(v));
}
std::string renderer::ask(const frame& f, const ask_view& v) const {
    return state_->page(f, "ask", v.title, "app.js", of(v));
}
std::string renderer::token(const frame& f, const token_view& v) const {
    return state_->page(f, "token", v.fresh_token.empty() ? "Tokens" : "Token created", "app.js", of(v));
}
std::string renderer::consent(const frame& f, const consent_view& v) const {
    return state_->page(f, "consent", "Allow " + v.app + "?", "app.js", of(v));
}
std::string renderer::busy(const frame& f, const busy_view& v) const {
    return state_->page(f, "busy", "Please wait", "busy.js", of(v));
}
std::string renderer::onward(const frame& f, const onward_view& v) const {
    return state_->page(f, "onward", v.heading, "app.js", of(v));
}
std::string renderer::error(const frame& f, const error_view& v) const {
    return state_->page(f, "error", v.title, "app.js", of(v));
}
std::string renderer::signed_out(const frame& f) const {
    return state_->page(f, "signed-out", "Signed out", "app.js", data());
}
std::string renderer::docs(const frame& f, const openapi::catalogue& all) const {
    return state_->page(f, "docs", "API", "app.js", of(all));
}
std::string renderer::docs_group(const frame& f, const openapi::group& g) const {
    return state_->page(f, "docs-group", "API: " + g.name, "app.js", of(g));
}
std::string renderer::docs_models(const frame& f, const std::vector<openapi::model>& models) const {
    return state_->page(f, "docs-models", "API: models", "app.js", of(models));
}
std::string renderer::admin(const frame& f, const admin_view& v) const {
    return state_->page(f, "admin", v.outcome.failed.empty() ? "Users and servers" : "Not done", "admin.js", of(v));
}
std::string renderer::admin_add(const frame& f, const admin_add_view& v) const {
    return state_->page(f, "admin-add", v.error.empty() ? "Add users" : "Not added", "app.js", of(v));
}
std::string renderer::admin_user(const frame& f, const admin_user_view& v) const {
    return state_->page(f, "admin-user", v.error.empty() ? "User " + v.user : "Not saved", "app.js", of(v));
}
std::string renderer::admin_groups(const frame& f, const admin_groups_view& v) const {
    return state_->page(f, "admin-groups", v.error.empty() ? "Groups" : "Not created", "app.js", of(v));
}
std::string renderer::admin_group(const frame& f, const admin_group_view& v) const {
    return state_->page(f, "admin-group", v.error.empty() ? "Group " + v.group : "Not saved", "app.js", of(v));
}

} // namespace berth::pages

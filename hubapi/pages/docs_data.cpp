// SPDX-License-Identifier: BSD-3-Clause
// What the templates of /hub/docs read.
#include "hubapi/pages/page_data.hpp"

namespace berth::pages {

namespace {

data of_text(const std::string& text) {
    data d;
    put(d, "name", text);
    return d;
}

data of_row(const openapi::row& r) {
    data d;
    put(d, "name", r.name);
    put(d, "type", r.type);
    put(d, "model", r.model);
    put(d, "place", r.place);
    put(d, "text", r.text);
    put(d, "required", r.required);
    return d;
}

data of_answer(const openapi::answer& a) {
    data d;
    put(d, "status", a.status);
    put(d, "text", a.text);
    put(d, "type", a.type);
    put(d, "model", a.model);
    return d;
}

data of_operation(const openapi::operation& o, const std::string& slug) {
    data d;
    put(d, "id", o.id);
    put(d, "slug", slug);
    put(d, "method", o.method);
    put(d, "path", o.path);
    put(d, "summary", o.summary);
    put(d, "text", o.text);
    put(d, "access", o.access);
    put_list(d, "scopes", o.scopes, of_text);
    put_list(d, "parameters", o.parameters, of_row);
    put(d, "body_type", o.body_type);
    put(d, "body_model", o.body_model);
    put(d, "body_text", o.body_text);
    put(d, "body_required", o.body_required);
    put_list(d, "members", o.members, of_row);
    put_list(d, "answers", o.answers, of_answer);
    return d;
}

} // namespace

data of(const openapi::group& g) {
    data d;
    put(d, "name", g.name);
    put(d, "slug", g.slug);
    put(d, "text", g.text);
    put_list(d, "operations", g.operations, [&](const openapi::operation& o) { return of_operation(o, g.slug); });
    return d;
}

data of(const openapi::catalogue& all) {
    data d;
    put_list(d, "groups", all.groups, [](const openapi::group& g) { return of(g); });
    return d;
}

data of(const std::vector<openapi::model>& models) {
    data d;
    put_list(d, "models", models, [](const openapi::model& m) {
        data one;
        put(one, "name", m.name);
        put(one, "type", m.type);
        put(one, "text", m.text);
        put_list(one, "members", m.members, of_row);
        return one;
    });
    return d;
}

} // namespace berth::pages

// SPDX-License-Identifier: BSD-3-Clause
// What a user may ask of a profile, as the API's JSON and as the page's form. What is accepted lies within
// the bounds.
#include "daemon/http/forms.hpp"
#include "daemon/runtime/encoding.hpp"
#include "scheduler/script/fields.hpp"
#include "scheduler/script/options.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using namespace berth::scheduler;
using berth::fuzz::check;
using nlohmann::json;

catalogue make_catalogue() {
    profile small{
        .name = "small", .title = "Small", .description = "", .cluster = "c", .set = {}, .choose = {}};
    small.set.cpus = 2;
    small.set.account = "acc";
    const auto add = [&](const char* field, choice_type type) -> choice& {
        return small.choose.emplace_back(choice{field, type, "", {}, {}, {}, {}, ""});
    };
    auto& nodes = add("nodes", choice_type::integer);
    nodes.min = "1", nodes.max = "8";
    auto& runtime = add("runtime", choice_type::duration);
    runtime.min = "10m", runtime.max = "04:00:00", runtime.initial = "1h";
    auto& memory = add("memory", choice_type::memory);
    memory.max = "16G";
    add("partition", choice_type::select).options = {"debug", "long"};
    add("constraint", choice_type::text).pattern = "[a-z&|]+";
    add("gres", choice_type::boolean).options = {"gpu:1"};
    return {{small, {"plain", "Plain", "", "c", {}, {}}}, {{"c", {}}}};
}

void check_accepted(const catalogue& c, const resolved& r) {
    const auto& f = r.fields;
    check(r.cluster == "c" && (r.profile == "small" || r.profile == "plain"), "a profile that there is");
    check(!f.srun && f.options.empty() && !f.prologue && !f.epilogue && !f.qos && !f.reservation && !f.nprocs,
          "nothing that is not offered");
    if (r.profile == "plain")
        return check(f == c.clusters.at("c"), "nothing is chosen where nothing is offered");
    check(f.cpus == 2 && f.account == "acc", "what the profile sets stays");
    check(!f.nodes || (*f.nodes >= 1 && *f.nodes <= 8), "nodes within bounds");
    check(f.runtime && *f.runtime >= std::chrono::minutes(10) && *f.runtime <= std::chrono::hours(4),
          "run time within bounds");
    check(!f.memory_mib || (*f.memory_mib >= 1 && *f.memory_mib <= 16 * 1024), "memory within bounds");
    check(!f.partition || *f.partition == "debug" || *f.partition == "long", "a partition that is offered");
    check(!f.gres || *f.gres == "gpu:1", "a switch gives what it is for");
    check(!f.constraint ||
              std::ranges::all_of(*f.constraint,
                                  [](char ch) { return (ch >= 'a' && ch <= 'z') || ch == '&' || ch == '|'; }),
          "text that matches its pattern");
}

void check_outcome(const catalogue& c, const json& options) {
    const auto r = resolve(c, options);
    if (!r) return check(berth::is_valid_utf8(r.error().message), "a refusal can be shown");
    check_accepted(c, *r);
    check(berth::is_valid_utf8(in_words(r->fields)), "the words can be shown");
}

} // namespace

void fuzz(std::string_view bytes) {
    static const auto c = make_catalogue();
    const auto options = json::parse(bytes, nullptr, false);
    if (!options.is_discarded()) check_outcome(c, options);
    const auto form = options_from_form(c, berth::http::parse_urlencoded(bytes));
    check_outcome(c, form);
    (void)resolve({{}, {{"c", {}}}}, form);
    for (const auto& f : all_fields()) {
        job_fields any;
        if (!set_field(any, std::string(f.name), std::string(bytes))) continue;
        const auto text = field_text(any, f);
        job_fields again;
        check(!text || (set_field(again, std::string(f.name), *text) && again == any),
              "a field that is written is read as the same again");
    }
}

// SPDX-License-Identifier: BSD-3-Clause
// fake_agent FOLDER: answers each word with the JSON in FOLDER/<word>.json ({"ok": ...} or {"error": {...}}),
// or in FOLDER/<word>@<credential>.json where there is one, and writes what it was asked to
// FOLDER/<word>.asked. `list` with "ended" is answered from FOLDER/ended.json.
#include "daemon/runtime/serve_helper.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

using namespace berth;
using nlohmann::json;

namespace {

errc code_named(const std::string& name) {
    for (int i = 0; i <= static_cast<int>(errc::internal); ++i)
        if (to_string(static_cast<errc>(i)) == name) return static_cast<errc>(i);
    return errc::internal;
}

result<json> answer(const std::string& folder, std::string word, const json& arguments) {
    if (arguments.contains("ended")) word = "ended";
    std::ofstream(folder + "/" + word + ".asked", std::ios::app) << arguments.dump() << "\n";
    std::ifstream in(folder + "/" + word + "@" + arguments.value("credential", std::string()) + ".json");
    if (!in) in = std::ifstream(folder + "/" + word + ".json");
    const auto told = json::parse(std::string(std::istreambuf_iterator<char>(in), {}), nullptr, false);
    if (!told.is_object()) return fail(errc::internal, "no answer for " + word);
    if (const auto ok = told.find("ok"); ok != told.end()) return *ok;
    return fail(code_named(told.at("error").at("code")), told.at("error").at("message"));
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    const std::string folder = argv[1];
    return serve_helper([folder](const std::string& verb, const json& a) { return answer(folder, verb, a); },
                        4);
}

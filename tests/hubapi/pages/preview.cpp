// SPDX-License-Identifier: BSD-3-Clause
// pages_preview FOLDER: writes every page in all its states, and the assets, as files for a look in a
// browser.
#include "tests/hubapi/pages/samples.hpp"

#include "hubapi/pages/embedded.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::puts("usage: pages_preview FOLDER");
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    auto made = berth::pages::renderer::make({});
    if (!made) {
        std::puts(made.error().message.c_str());
        return 1;
    }
    std::filesystem::create_directories(folder / "hub/static");
    for (const auto& s : berth::pages::all_samples(**made))
        std::ofstream(folder / (s.name + ".html")) << s.html;
    for (const auto& a : berth::pages::embedded_assets()) {
        berth::http::request r;
        r.method = "GET";
        const auto url = (*made)->assets().url(a.name);
        std::ofstream(folder / "hub/static" / url) << (*made)->assets().serve(r, url).body;
        if (a.name == "logo.svg") std::ofstream(folder / "hub/logo") << a.content;
    }
    return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/browser_name.hpp"

#include <array>
#include <utility>

namespace berth::pages {

namespace {

using row = std::pair<std::string_view, std::string_view>;

// In this order: browsers name those that they descend from as well.
constexpr std::array browsers{row{"Edg/", "Edge"},
                              row{"OPR/", "Opera"},
                              row{"Firefox/", "Firefox"},
                              row{"FxiOS/", "Firefox"},
                              row{"CriOS/", "Chrome"},
                              row{"Chromium/", "Chromium"},
                              row{"HeadlessChrome/", "Chrome"},
                              row{"Chrome/", "Chrome"},
                              row{"Safari/", "Safari"}};
constexpr std::array systems{row{"Android", "Android"}, row{"iPhone", "iPhone"},  row{"iPad", "iPad"},
                             row{"Windows", "Windows"}, row{"Mac OS X", "macOS"}, row{"CrOS", "ChromeOS"},
                             row{"Linux", "Linux"}};

template<class Rows>
std::string_view find_in(const Rows& rows, std::string_view text) {
    for (const auto& [mark, name] : rows)
        if (text.find(mark) != std::string_view::npos) return name;
    return "";
}

} // namespace

std::string browser_name(std::string_view user_agent) {
    const auto browser = find_in(browsers, user_agent), system = find_in(systems, user_agent);
    if (browser.empty()) return "A program";
    return std::string(browser) + (system.empty() ? "" : " on " + std::string(system));
}

} // namespace berth::pages

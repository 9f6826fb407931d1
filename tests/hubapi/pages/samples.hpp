// SPDX-License-Identifier: BSD-3-Clause
// Pages in all their states, for the tests and the preview.
#pragma once

#include "hubapi/pages/render.hpp"

#include <string>
#include <vector>

namespace berth::pages {

struct sample {
    std::string name; // "home-running"
    std::string html;
};

std::vector<sample> all_samples(const renderer& r);
// Those of administrators; they are among all.
void add_admin_samples(const renderer& r, std::vector<sample>& all);

} // namespace berth::pages

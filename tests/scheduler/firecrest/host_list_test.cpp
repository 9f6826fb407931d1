// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/host_list.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

TEST(first_host, of_each_form) {
    const std::pair<std::string_view, std::string_view> table[]{{"node3", "node3"},
                                                                {"n[1-2,5]", "n1"},
                                                                {"gpu[007-010],login1", "gpu007"},
                                                                {"a[1-2]-ib[3,4]", "a1-ib3"},
                                                                {"nid00001,nid00002", "nid00001"},
                                                                {"node1/0*4+node2/0*4", "node1"},
                                                                {"node1:ppn=2", "node1"},
                                                                {"", ""},
                                                                {"None assigned", ""},
                                                                {"(null)", ""},
                                                                {"n[1-2", ""},
                                                                {"evil$(id)", ""},
                                                                {"-o", ""},
                                                                {"a b", ""},
                                                                {"10.0.0.1", "10.0.0.1"}};
    for (const auto& [list, first] : table) EXPECT_EQ(first_host(list), first) << list;
}

} // namespace
} // namespace berth::scheduler

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace berth::proxy {

// No Nagle delay; keep-alive probes that notice a machine that has gone without a word within two minutes.
void set_tcp_options(int fd);

} // namespace berth::proxy

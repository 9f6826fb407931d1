// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace berth::config {

// WATCHDOG=1 to the supervisor, where there is one ($NOTIFY_SOCKET). Unlike sd_notify it never waits: a
// supervisor that does not read must not stop the one who says that it is alive.
void notify_watchdog();

} // namespace berth::config

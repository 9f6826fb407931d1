# SPDX-License-Identifier: BSD-3-Clause
"""A hub with 10,000 users: what its administrators wait for, what it weighs, how soon it is back.

Berth alone: the bounds are of what people notice, and the peer would need minutes to make the users.
"""
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench import measure
from bench.context import create_users, start_servers
from bench.hubs import Berth, small_mock
from bench.results import Line
from bench.rows_page import ARGUMENTS
from support.pages import sign_in
from support.paths import CHROMIUM
from support.waiting import until

MANY = 10_000
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
LISTS = {"by id": "", "by name, last page": "&sort=-name&offset=9950", "by activity": "&sort=-last_activity", "a part of the name": "&name_filter=er099",
         "active": "&state=active"}


def as_many_as_memory_allows():
    """Servers of 2 MB with their shepherds; twice that is left free for each."""
    kilobytes = int(next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable")))
    return min(MANY // 2, kilobytes // 4096)


def first_paints(hub, path, times):
    """Milliseconds from the request to the first words on the screen, with nothing in the cache, of each visit."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=ARGUMENTS)
        context = browser.new_context()
        sign_in(context.new_page(), hub.url, "root-admin", "x")
        cookies = context.cookies()
        for _ in range(times):
            cold = browser.new_context()
            cold.add_cookies(cookies)
            page = cold.new_page()
            page.goto(hub.url + path, wait_until="load")
            # Playwright's own waiting evaluates in the page, which its Content-Security-Policy forbids.
            found.append(until(lambda: page.evaluate(PAINT), "something is painted"))
            cold.close()
        browser.close()
    return found


def answer_times(api, path, times):
    """Milliseconds of each answer, whole, on one connection."""
    found = []
    for _ in range(times):
        begin = time.monotonic()
        answer = api.get(path)
        found.append((time.monotonic() - begin) * 1000)
        assert answer.status_code == 200, answer.text
    return found


def admin(bench):
    bench.stop_hubs()
    hub = Berth(bench.own_folder("admin-") / "berth", small_mock())
    hub.start()
    try:
        for first in range(0, MANY, 5000):
            create_users(hub, [f"user{i:05d}" for i in range(first, first + 5000)])
        servers = bench.many_servers() if bench.quick else as_many_as_memory_allows()
        start_servers(hub, [f"user{i:05d}" for i in range(servers)], at_once=100)
        times = 5 if bench.quick else 15
        lines = []
        for what, path in (("its first page", "/hub/admin"), ("those with servers", "/hub/admin?state=active&sort=-last_activity")):
            paint = measure.median(first_paints(hub, path, times))
            lines.append(Line("admin", f"admin page, {what}, first paint of {MANY:,} users", paint, "ms", "< 1000 ms", paint < 1000,
                              note=f"{servers} servers"))
        for what, query in LISTS.items():
            took = measure.median(answer_times(hub.api(), "/hub/api/users?limit=50" + query, 20 * times))
            lines.append(Line("admin", f"GET …/users?limit=50 of {MANY:,}, {what}", took, "ms", "< 5 ms", took < 5))
        memory = measure.memory_mb(hub.programs())["pss"]
        lines.append(Line("admin", f"memory with {MANY:,} users, {servers} servers", memory, "MB", "< 200 MB", memory < 200))
        hub.kill_all()
        boot = hub.first_answer()
        lines.append(Line("admin", f"boot to first answer, {MANY:,} users, {servers} servers", boot, "s", "< 2 s", boot < 2))
        return lines
    finally:
        hub.stop()


ROWS = {"admin": admin}

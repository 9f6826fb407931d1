# SPDX-License-Identifier: BSD-3-Clause
"""What the sign-in page makes a browser receive that has never been there."""
from playwright.sync_api import sync_playwright

from bench.results import Line, better
from support.paths import CHROMIUM

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-proxy-server"]


def weight(browser, url):
    """(kilobytes over the wire, requests)"""
    page = browser.new_context().new_page()
    seen = {"bytes": 0, "requests": 0}
    session = page.context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda e: seen.update(bytes=seen["bytes"] + e["encodedDataLength"]))
    session.on("Network.requestWillBeSent", lambda e: seen.update(requests=seen["requests"] + 1))
    session.send("Network.enable")
    page.goto(url, wait_until="networkidle")
    page.context.close()
    return seen["bytes"] / 1000, seen["requests"]


def sign_in(bench):
    pair = bench.pair()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=ARGUMENTS)
        peer, berth = (weight(browser, hub.url + "/hub/login") for hub in pair.hubs)
        browser.close()
    return [Line("page", "sign-in page, cold", berth[0], "kB", "< 50 kB", berth[0] < 50, "JupyterHub", peer[0],
                 better(berth[0], peer[0], False), note=f"requests {peer[1]} · {berth[1]}")]


ROWS = {"page": sign_in}

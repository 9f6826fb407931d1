# SPDX-License-Identifier: BSD-3-Clause
"""Pages as people meet them: by role and name; what they weigh; what axe says of them; JupyterLab's cells."""
import re
from pathlib import Path


def control(page, name):
    """A button or a link by its verb."""
    return page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True)).first


def sign_in(page, base, user, password, path="/hub/home"):
    page.goto(base + path)
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    control(page, "Sign in").click()
    page.wait_for_url(lambda url: "/hub/login" not in url)


def violations(page):
    """What axe finds, as 'rule: element' lines."""
    import axe_playwright_python  # only who asks axe needs its package
    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text())
    found = page.evaluate("axe.run().then(r => r.violations)")
    return [f"{v['id']} ({v['impact']}): {node['html'][:160]}" for v in found for node in v["nodes"]]


class Weight:
    """Counts what a page makes its browser receive, headers and all, as sent over the wire."""

    def __init__(self, page):
        self.bytes, self.requests = 0, 0
        session = page.context.new_cdp_session(page)
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.requestWillBeSent", self._sent)
        session.send("Network.enable")

    def _finished(self, event):
        self.bytes += event["encodedDataLength"]

    def _sent(self, event):
        self.requests += 1


def overflow(page):
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def run_cell_in_lab(page, code):
    """In an open JupyterLab: a new Python notebook, one cell, its output's text."""
    # What an earlier visit left open would stand where the launcher is.
    page.goto(re.sub(r"/lab.*", "/lab?reset", page.url))
    card = page.locator(".jp-LauncherCard[data-category='Notebook']", has_text=re.compile("Python 3"))
    card.first.click(timeout=90_000)
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click(timeout=60_000)
    # The kernel must be there before the cell is sent.
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for(timeout=60_000)
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-executeResult .jp-OutputArea-output").first
    output.wait_for(timeout=60_000)
    return output.inner_text().strip()

# SPDX-License-Identifier: BSD-3-Clause
"""Every page: its weight, axe in light and dark and on a phone, the keyboard, no scripts, what remains after signing out."""
import re

import pytest
from playwright.sync_api import expect

from support.pages import Weight, control, overflow, sign_in, violations

COLD_LIMIT = 50_000
REFERENCE_LIMIT = 90_000  # pages to look things up in
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def hub(unstarted_shared_hub):
    """Profiles: one that is there at once, one that never comes, one that ends with exit code 7."""
    hub = unstarted_shared_hub
    local = hub.configuration["cluster"]["local"]
    hub.configuration["cluster"] |= {
        "slow": local | {"environment": local["environment"] | {"MOCK_DELAY": "600"},
                         "launch_timeout": "1h"},
        "broken": local | {"environment": local["environment"] | {"MOCK_EXIT": "7"}}}
    hub.configuration["profile"] = [
        {"name": "quick", "title": "At once", "cluster": "local"},
        {"name": "slow", "title": "Never there", "cluster": "slow"},
        {"name": "broken", "title": "Ends at once", "cluster": "broken"}]
    hub.configuration["hub"]["implicit_spawn"] = False
    return hub.start()


@pytest.fixture(scope="module")
def people(hub):
    """Users with nothing, a running server, one that starts, and one that has failed."""
    api = hub.api()
    for name, profile in (("idle", None), ("runner", "quick"), ("waiter", "slow"), ("failed", "broken")):
        user = api.make_user(name)
        if profile:
            user.start(name, {"profile": profile})
    api.wait_ready("runner")
    api.wait_stopped("failed")
    return hub


PAGES = [("idle", "/hub/home"), ("runner", "/hub/home"), ("waiter", "/hub/home"), ("failed", "/hub/home"),
         ("idle", "/hub/spawn"), ("waiter", "/hub/spawn-pending/waiter"), ("failed", "/hub/spawn-pending/failed"),
         ("idle", "/hub/token"), (None, "/hub/docs"), (None, "/hub/docs/servers"), (None, "/hub/docs/models"), ("idle", "/user/idle/lab"), ("idle", "/hub/no-such-page"), (None, "/hub/login")]
IDS = [f"{user}{path.replace('/', '-')}" for user, path in PAGES]


def open_page(page, hub, user, path):
    if user:
        sign_in(page, hub.url, user, "x", "/hub/home")
    page.goto(hub.url + path)
    return page


@pytest.mark.parametrize("user, path", PAGES, ids=IDS)
def test_a_page_weighs_little_and_comes_from_here_alone(people, chromium, user, path):
    context = chromium.new_context()
    page = context.new_page()
    if user:
        sign_in(page, people.url, user, "x")
    cookies = context.cookies()
    context.close()
    cold = chromium.new_context()  # nothing cached but the cookies
    cold.add_cookies(cookies)
    page = cold.new_page()
    hosts, faults = set(), []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    weight = Weight(page)
    page.goto(people.url + path)
    page.wait_for_timeout(500)
    assert weight.bytes < (REFERENCE_LIMIT if path.startswith("/hub/docs/") else COLD_LIMIT), (weight.bytes, weight.requests)
    assert hosts == {people.url.split("/")[2]}
    assert [f for f in faults if "responded with a status of" not in f] == []  # the page's own status is no fault
    cold.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("user, path", PAGES, ids=IDS)
def test_axe_finds_nothing_and_nothing_overflows(people, chromium, user, path, viewport, scheme):
    context = chromium.new_context(viewport=viewport, color_scheme=scheme)
    page = open_page(context.new_page(), people, user, path)
    assert violations(page) == []
    assert overflow(page) <= 0
    assert page.title() not in ("", "JupyterHub")
    context.close()


def press_until(page, name, limit=40):
    """Tab until the control of that name has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement && document.activeElement.textContent.trim()")
        if focused == name:
            return
    raise AssertionError(f"the keyboard does not reach {name!r}; last: {focused!r}")


def test_start_and_stop_by_keyboard_alone(people, page):
    page.goto(people.url + "/hub/login")
    page.keyboard.type("keyboard")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/hub/login" not in url)
    page.goto(people.url + "/hub/spawn")
    press_until(page, "Start")
    page.keyboard.press("Enter")
    page.wait_for_url("**/user/keyboard/**", timeout=30_000)
    page.goto(people.url + "/hub/home")
    press_until(page, "Stop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=30_000)
    people.api().wait_stopped("keyboard")


def test_start_and_stop_without_scripts(people, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, people.url, "scriptless", "x")
    control(page, "Start").click()
    page.get_by_role("radio", name=re.compile("At once")).check()
    page.get_by_role("button", name="Start", exact=True).click()
    people.api().wait_ready("scriptless")
    page.wait_for_url("**/user/scriptless/**", timeout=40_000)
    page.goto(people.url + "/hub/home")
    page.get_by_role("button", name="Stop", exact=True).click()
    people.api().wait_stopped("scriptless")
    page.goto(people.url + "/hub/home")
    assert control(page, "Start").or_(control(page, "Start again")).first.is_visible()
    context.close()


def test_a_failed_start_says_why_at_once(people, page):
    sign_in(page, people.url, "unlucky", "x", "/hub/spawn")
    page.get_by_role("radio", name=re.compile("Ends at once")).check()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("main")).to_contain_text("told to end at once", timeout=20_000)
    expect(page.locator("main")).to_contain_text(re.compile(r"exit[^0-9]{1,12}7", re.IGNORECASE))
    assert people.api().server("unlucky")["failure"]["exit_code"] == 7


def test_a_waiting_start_can_be_cancelled(people, page):
    sign_in(page, people.url, "impatient", "x", "/hub/spawn")
    page.get_by_role("radio", name=re.compile("Never there")).check()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/hub/spawn-pending/impatient**")
    page.get_by_role("button", name="Cancel", exact=True).click()
    people.api().wait_stopped("impatient")


def test_the_pending_page_announces_its_progress(people, page):
    sign_in(page, people.url, "waiter", "x", "/hub/spawn-pending/waiter")
    expect(page.locator("[aria-live=polite], [role=status]").first).to_be_attached()
    assert page.title() != "Berth"


def test_nothing_signed_in_is_shown_by_the_back_button(people, page):
    sign_in(page, people.url, "runner", "x")
    page.goto(people.url + "/hub/token")
    page.goto(people.url + "/hub/home")
    control(page, "Sign out").click()
    page.wait_for_url("**/hub/login**")
    for _ in range(2):
        page.go_back()
        expect(page.get_by_label("Password")).to_be_visible()
        assert "runner" not in page.content()


def test_a_cookie_copied_before_signing_out_is_dead_after_it(people, chromium):
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, people.url, "runner", "x")
    copied = context.cookies()
    thief = chromium.new_context()
    thief.add_cookies(copied)
    stolen = thief.new_page()
    stolen.goto(people.url + "/hub/home")
    assert "/hub/login" not in stolen.url
    control(page, "Sign out").click()
    page.wait_for_url("**/hub/login**")
    stolen.goto(people.url + "/hub/home")
    assert "/hub/login" in stolen.url
    thief.close()
    context.close()


def test_an_old_link_to_a_stopped_server_is_one_press_away(people, page):
    sign_in(page, people.url, "returning", "x")
    page.goto(people.url + "/user/returning/lab/tree/x.ipynb")
    control(page, "Start").click()
    if page.get_by_role("radio").count():
        page.get_by_role("radio", name=re.compile("At once")).check()
        page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/user/returning/lab/tree/x.ipynb", timeout=30_000)


def test_a_token_is_shown_once_and_revoked(people, page):
    sign_in(page, people.url, "idle", "x", "/hub/token")
    page.get_by_label("Note").fill("from the page")
    page.get_by_role("button", name="Create token").click()
    shown = page.locator("#fresh-token, code").first.inner_text().strip()
    assert people.api(shown).get("/hub/api/user").json()["name"] == "idle"
    page.goto(people.url + "/hub/token")
    assert shown not in page.content()
    page.get_by_role("row", name=re.compile("from the page")).get_by_text("Revoke").click()
    page.get_by_role("button", name=re.compile("Revoke")).last.click()
    expect(page.get_by_role("row", name=re.compile("from the page"))).to_have_count(0)
    assert people.api(shown).get("/hub/api/user").status_code == 403


@pytest.mark.parametrize("field, text", [("username", "<script>alert(1)</script>"), ("username", "a" * 5000), ("password", "x" * 5000)])
def test_odd_text_in_the_sign_in_form_is_harmless(people, page, field, text):
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    page.goto(people.url + "/hub/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    page.get_by_label("Username").fill("somebody" if field != "username" else text)
    page.get_by_label("Password").fill("x" if field != "password" else text)
    control(page, "Sign in").click()
    page.wait_for_load_state()
    assert "<script>alert" not in page.content()

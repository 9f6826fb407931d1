# SPDX-License-Identifier: BSD-3-Clause
"""The admin page in a real browser: looking, searching, starting, stopping, editing, groups, many at once; axe; the keyboard."""
import pytest
from playwright.sync_api import expect

from support.api import WebSession
from support.hub import use_quick_servers
from support.pages import control, overflow, sign_in, violations

PHONE = {"width": 390, "height": 844}
STARTED = ("starter", "selected1", "selected2", "user20", "user21", "leaver")
EVIL = "<img src=x onerror=document.title=1>"


@pytest.fixture(scope="module")
def hub(unstarted_shared_hub):
    """An administrator, thirty users, a group, and one user whose server never comes."""
    hub = unstarted_shared_hub
    use_quick_servers(hub)
    local = hub.configuration["cluster"]["local"]
    hub.configuration["cluster"]["slow"] = local | {"environment": local["environment"] | {"MOCK_DELAY": "600"}, "launch_timeout": "1h"}
    hub.configuration["profile"] = [{"name": "quick", "title": "At once", "cluster": "local"},
                                    {"name": "slow", "title": "Never there", "cluster": "slow"}]
    hub.start()
    api = hub.api()
    names = [f"user{i:02d}" for i in range(30)] + ["starter", "selected1", "selected2", "renamed", "leaver", "waiter"]
    assert api.post("/hub/api/users", json={"usernames": names}).status_code == 201
    assert api.post("/hub/api/groups", json={"groups": ["staff", EVIL], "users": ["user01"]}).status_code == 201
    assert api.start("waiter", {"profile": "slow"}).status_code == 202
    for name in STARTED:  # once, so that the next start has options
        assert api.start(name, {"profile": "quick"}).status_code == 202
        api.wait_ready(name)
        api.stop(name)
        api.wait_stopped(name)
    return hub


@pytest.fixture
def admin(hub, page):
    sign_in(page, hub.url, "root-admin", "x")
    page.goto(hub.url + "/hub/admin")
    return page


def row(page, user):
    return page.locator("tbody tr", has=page.get_by_role("rowheader", name=user))


def find(page, hub, user):
    page.goto(f"{hub.url}/hub/admin?name_filter={user}")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    return row(page, user)


def test_the_navigation_leads_there_and_search_filter_order_and_pages_work(hub, page):
    sign_in(page, hub.url, "root-admin", "x")
    control(page, "Admin").click()
    expect(page.locator("h1")).to_have_text("Users and servers")
    page.get_by_label("Name", exact=True).fill("USER1")
    page.keyboard.press("Enter")
    expect(page.locator("#range")).to_have_text("1 to 10 of 10 users")
    page.get_by_label("Order").select_option(label="Name, backwards")
    control(page, "Search").click()
    expect(page.get_by_role("rowheader").first).to_have_text("user19")
    page.goto(hub.url + "/hub/admin?state=pending")
    expect(page.get_by_role("rowheader")).to_have_text(["waiter"])
    page.goto(hub.url + "/hub/admin?limit=10&sort=id")
    control(page, "Next").click()
    expect(page.locator("#range")).to_contain_text("11 to 20 of")
    control(page, "Previous").click()
    expect(page.locator("#range")).to_contain_text("1 to 10 of")


def test_start_open_and_stop_follow_without_a_reload(hub, admin):
    line = find(admin, hub, "starter")
    line.get_by_role("button", name="Start").click()
    expect(admin.get_by_role("status").first).to_have_text("1 server asked to start.")
    expect(admin).to_have_url(f"{hub.url}/hub/admin?name_filter=starter&started=1")
    expect(line).to_contain_text("Running", timeout=30_000)
    expect(line).to_contain_text("local")
    expect(line.get_by_role("link", name="Open")).to_have_attribute("href", "/user/starter/")
    line.get_by_role("button", name="Stop").click()
    expect(line).to_contain_text("Stopped", timeout=30_000)
    assert hub.api().wait_stopped("starter")


def test_what_fails_is_said_in_words(hub, admin):
    find(admin, hub, "leaver")
    assert hub.api().start("leaver", {"profile": "slow"}).status_code == 202  # behind the page's back
    row(admin, "leaver").get_by_role("button", name="Start").click()
    expect(admin.get_by_role("alert")).to_contain_text("leaver")
    expect(admin.get_by_role("alert")).to_contain_text("already starting")
    hub.api().stop("leaver")
    hub.api().wait_stopped("leaver")


def test_selected_users_start_and_stop_together_and_the_selection_outlives_a_refresh(hub, admin):
    admin.goto(hub.url + "/hub/admin?name_filter=selected")
    control(admin, "Select all on this page").click()
    expect(admin.locator("#selected")).to_have_text("2 selected")
    control(admin, "Start selected").click()
    expect(admin.get_by_role("status").first).to_have_text("2 servers asked to start.")
    admin.get_by_label("Select selected1").check()
    for name in ("selected1", "selected2"):
        expect(row(admin, name)).to_contain_text("Running", timeout=30_000)  # by a refresh
    expect(admin.get_by_label("Select selected1")).to_be_checked()
    admin.get_by_label("Select selected2").check()
    control(admin, "Stop selected").click()
    for name in ("selected1", "selected2"):
        expect(row(admin, name)).to_contain_text("Stopped", timeout=30_000)
    control(admin, "Start selected").click()
    expect(admin.get_by_role("alert")).to_contain_text("Nobody is selected")


def test_users_are_added_edited_and_deleted(hub, admin):
    control(admin, "Add users").click()
    admin.get_by_label("Names").fill("added1\nadded2, added3")
    control(admin, "Add users").click()
    expect(admin.get_by_role("status").first).to_have_text("3 users added.")
    find(admin, hub, "renamed").get_by_role("link", name="renamed").click()
    admin.get_by_label("Name", exact=True).fill("newname")
    admin.get_by_label("Administrator").check()
    admin.get_by_label("Groups").fill("staff\nnight shift")
    control(admin, "Save").click()
    expect(admin.locator("h1")).to_have_text("newname")
    model = hub.api().get("/hub/api/users/newname").json()
    assert model["admin"] and sorted(model["groups"]) == ["night shift", "staff"]
    admin.get_by_label("Name", exact=True).fill("user01")
    control(admin, "Save").click()
    expect(admin.get_by_role("alert")).to_contain_text("user01")
    admin.goto(hub.url + "/hub/admin/users/newname")
    control(admin, "Delete this user").click()
    expect(admin.get_by_role("dialog")).to_contain_text("Delete the user “newname”?")
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(admin.locator("h1")).to_have_text("Users and servers")
    assert hub.api().get("/hub/api/users/newname").status_code == 404


def test_groups_are_made_changed_and_deleted(hub, admin):
    control(admin, "Groups").click()
    admin.get_by_label("Name").fill("day shift")
    admin.get_by_label("Members").fill("user02, user03")
    control(admin, "Create group").click()
    control(admin, "day shift").click()
    admin.get_by_label("Members").fill("user03")
    admin.get_by_label("Properties").fill('{"project": "c21"}')
    control(admin, "Save").click()
    expect(admin.get_by_label("Members")).to_have_value("user03")
    group = hub.api().get("/hub/api/groups/day%20shift").json()
    assert group["users"] == ["user03"] and group["properties"] == {"project": "c21"}
    admin.get_by_label("Properties").fill("[1]")
    control(admin, "Save").click()
    expect(admin.get_by_role("alert")).to_contain_text("JSON object")
    control(admin, "Delete this group").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(admin.locator("h1")).to_have_text("Groups")
    assert hub.api().get("/hub/api/groups/day%20shift").status_code == 404


def test_stop_all_asks_first(hub, admin):
    hub.api().start("user05", {"profile": "quick"})
    hub.api().wait_ready("user05")
    control(admin, "Stop all servers").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog).to_contain_text("Stop all 2 servers?")
    dialog.get_by_role("button", name="Stop all").click()
    expect(admin.get_by_role("status").first).to_have_text("2 servers asked to stop.")
    for name in ("user05", "waiter"):
        assert hub.api().wait_stopped(name)
    hub.api().start("waiter", {"profile": "slow"})


def test_names_are_text(hub, admin):
    for path in ("/hub/admin?name_filter=user01", "/hub/admin/groups", "/hub/admin/users/user01",
                 "/hub/admin?name_filter=%22%3E%3Cimg%20src=x%20onerror=document.title=1%3E"):
        admin.goto(hub.url + path)
        assert admin.locator("img[src=x]").count() == 0, path
        assert admin.title() != "1", path
    admin.goto(hub.url + "/hub/admin/groups")
    expect(control(admin, EVIL)).to_be_visible()


def test_who_is_no_admin_is_refused(hub, page):
    sign_in(page, hub.url, "user09", "x")
    assert page.get_by_role("link", name="Admin").count() == 0
    for path in ("/hub/admin", "/hub/admin/groups", "/hub/admin/users/user09", "/hub/admin/stop-all"):
        assert page.goto(hub.url + path).status == 403
        expect(page.locator("h1")).to_have_text("Not allowed")


def test_a_form_from_elsewhere_does_nothing(hub):
    web = WebSession(hub.url)
    web.sign_in("root-admin", "x")
    assert web.post("/hub/admin/add", {"names": "sneaked"}).status_code == 403
    assert hub.api().get("/hub/api/users/sneaked").status_code == 404


PAGES = ["/hub/admin", "/hub/admin?name_filter=waiter", "/hub/admin?name_filter=nobody", "/hub/admin/add", "/hub/admin/users/user01",
         "/hub/admin/users/waiter", "/hub/admin/users/user01/delete", "/hub/admin/groups", "/hub/admin/groups/staff", "/hub/admin/stop-all"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_overflows(hub, chromium, viewport, scheme):
    context = chromium.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    faults = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, hub.url, "root-admin", "x")
    for path in PAGES:
        page.goto(hub.url + path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
    assert faults == []
    context.close()


def test_search_and_start_by_keyboard_alone(hub, admin):
    admin.get_by_label("Name", exact=True).focus()
    admin.keyboard.type("user20")
    admin.keyboard.press("Enter")
    expect(admin.locator("#range")).to_have_text("1 to 1 of 1 users")
    for _ in range(40):
        admin.keyboard.press("Tab")
        if admin.evaluate("document.activeElement.id") == "u0-0-start":
            break
    admin.keyboard.press("Enter")
    expect(row(admin, "user20")).to_contain_text("Running", timeout=30_000)


def test_without_scripts_it_shows_and_acts(hub, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, hub.url, "root-admin", "x")
    page.goto(hub.url + "/hub/admin?name_filter=user21")
    expect(row(page, "user21")).to_contain_text("Stopped")
    page.get_by_label("Select user21").check()
    control(page, "Start selected").click()
    expect(page.get_by_role("status").first).to_have_text("1 server asked to start.")
    hub.api().wait_ready("user21")
    context.close()

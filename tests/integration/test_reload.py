# SPDX-License-Identifier: BSD-3-Clause
"""SIGHUP to the hub: all of a changed configuration that a running hub can take, or nothing of one that is wrong."""
import re
import signal
import ssl
import socket
import subprocess

import pytest
import websocket

from support.api import Api
from support.paths import ROOT
from support.waiting import until


class Reload:
    """Changes a hub's file, sends SIGHUP, waits for what the log says of it."""

    def __init__(self, hub):
        self.hub = hub

    def lines(self, *events):
        return [line for line in self.hub.log().splitlines() if any(f" {event} " in line for event in events)]

    def __call__(self, text=None):
        before = len(self.lines("config.applied", "config.kept"))
        seen = len(self.hub.log())
        self.hub.write_configuration(text)
        self.hub.process.send_signal(signal.SIGHUP)
        until(lambda: len(self.lines("config.applied", "config.kept")) > before, "the reload is told")
        until(self.hub.answers, "the hub answers")
        return self.hub.log()[seen:]


@pytest.fixture
def reload(hub):
    return Reload(hub)


def test_a_wrong_file_changes_nothing_and_is_told_line_by_line(hub, reload):
    said = reload('[hub]\nlisten = "127.0.0.1:1"\nlisen = 2\n\n[log]\nlevel = "loud"\n\n[login]\nallow_all = false\n')
    path = re.escape(str(hub.configuration_file))
    assert re.search(rf'config.rejected file={path} line=3 key=hub.lisen problem=".*did you mean', said), said
    assert re.search(rf'config.rejected file={path} line=6 key=log.level', said), said
    assert "config.applied" not in said
    assert hub.web().sign_in("ann", "x").status_code == 302
    hub.write_configuration("this is not TOML")
    assert "config.rejected" in reload("this is not TOML")
    assert hub.api().get("/hub/api/users").status_code == 200


def test_what_can_change_at_once_does(hub, reload):
    c, admin = hub.configuration, hub.api()
    assert admin.make_user("ann").start("ann").status_code in (201, 202)
    admin.wait_ready("ann")
    open_one = websocket.create_connection(hub.url.replace("http", "ws", 1) + "/user/ann/ws", timeout=30, http_no_proxy=["*"])
    c["announcement"] = {"login": "Closed on Sunday"}
    c["hub"] |= {"active_server_limit": 1, "admin_users": ["root-admin", "eve"]}
    c["service"] += [{"name": "probe", "api_token": "probe-token-0123456789", "scopes": ["read:hub"]}]
    c["role"] = [{"name": "watcher", "scopes": ["list:users"], "users": ["ann"]}]
    c["cluster"]["local"] |= {"launch_timeout": "77s"}
    c["profile"] = [{"name": "small", "title": "Small one"}]
    said = reload()
    for key in ("announcement.login", "cluster.local.launch_timeout", "hub.active_server_limit", "hub.admin_users",
                "profile.small", "role.watcher", "service.probe"):
        assert re.search(rf'config.applied keys=".*{re.escape(key)}', said), (key, said)
    assert "config.waits" not in said
    assert "Closed on Sunday" in hub.web().get("/hub/login").text
    assert Api(hub.url, "probe-token-0123456789").get("/hub/api/").status_code == 200
    assert Api(hub.url, "probe-token-0123456789").get("/hub/api/users").status_code == 403
    assert admin.get("/hub/api/users/eve").json()["admin"]
    bo = admin.make_user("bo")
    assert bo.start("bo").status_code == 429
    assert "watcher" in admin.get("/hub/api/users/ann").json()["roles"]
    open_one.send("undisturbed")
    assert open_one.recv() == "undisturbed"

    # And back: the token is no token any more, the limit none.
    c["service"].pop()
    del c["hub"]["active_server_limit"]
    reload()
    assert Api(hub.url, "probe-token-0123456789").get("/hub/api/user").status_code == 403
    assert bo.start("bo").status_code in (201, 202)


def test_one_that_is_asked_for_during_the_start_is_carried_out(unstarted_hub):
    unstarted_hub.launch()
    until(lambda: "store.opened" in unstarted_hub.log(), "the hub is starting", interval=0.001)
    unstarted_hub.process.send_signal(signal.SIGHUP)
    until(lambda: "config.applied" in unstarted_hub.log(), "it has reloaded", timeout=20)
    assert unstarted_hub.answers()


def test_the_form_of_the_log(hub):
    hub.configuration["log"] = {"format": "json"}
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    until(lambda: '"event":"config.applied","keys":"log.format"' in hub.log(), "the log is JSON from here on")


def test_what_needs_a_restart_is_named_and_the_rest_applied(hub, reload):
    c = hub.configuration
    c["hub"] |= {"listen": "127.0.0.1:1", "user": "nobody", "named_server_limit_per_user": 3}
    c["cluster"]["other"] = {"backend": "local", "cmd": ["/bin/true"]}
    c["announcement"] = {"login": "Applied"}
    said = reload()
    for key in ("hub.listen", "hub.user", "cluster.other"):
        assert re.search(rf'config.waits key={re.escape(key)} note="changes with the next restart"', said), (key, said)
    assert "hub.named_server_limit_per_user" in said and "cluster.other.cmd" not in said
    assert "Applied" in hub.web().get("/hub/login").text
    assert "config.waits key=hub.listen" in reload()  # until it has been restarted


def test_a_blocked_user_is_signed_out(hub, reload):
    web, other = hub.web(), hub.web()
    assert web.sign_in("ann", "x").status_code == 302 and other.sign_in("bo", "x").status_code == 302
    assert web.get("/hub/home").status_code == 200
    hub.configuration["login"]["blocked_users"] = ["Ann"]
    said = reload()
    until(lambda: "session.blocked user=ann" in hub.log(), "it is said")
    assert web.get("/hub/home").status_code == 302
    assert web.sign_in("ann", "x").status_code == 403
    assert other.get("/hub/home").status_code == 200
    assert "login.blocked_users" in said


def certificate(folder, name, common_name):
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                           "-subj", f"/CN={common_name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {"certificate": str(folder / f"{name}.pem"), "key": str(folder / f"{name}.key")}


def shown_certificate(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, context.wrap_socket(plain) as tls:
        return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True)).split()


def test_certificates_and_their_paths(unstarted_hub, monkeypatch):
    hub = unstarted_hub
    hub.configuration["tls"] = certificate(hub.folder, "one", "one.example")
    hub.url = hub.url.replace("http:", "https:")
    monkeypatch.setattr(hub, "answers", lambda: "hub.started" in hub.log())
    hub.start()
    one = (hub.folder / "one.pem").read_text().split()
    until(lambda: shown_certificate(hub.port) == one, "the first certificate is shown")
    reload = Reload(hub)
    hub.configuration["tls"] = certificate(hub.folder, "two", "two.example")
    assert 'keys="tls.certificate tls.key"' in reload()
    until(lambda: shown_certificate(hub.port) == (hub.folder / "two.pem").read_text().split(), "the other one is shown")
    hub.configuration["tls"]["key"] = str(hub.folder / "one.key")
    assert "does not belong" in reload()
    assert shown_certificate(hub.port) == (hub.folder / "two.pem").read_text().split()


def test_the_documentation_tells_which_keys_change_at_once():
    table = (ROOT / "daemon/main/reload_plan.cpp").read_text()
    keys = re.findall(r'^    \{"([^"]+)", ', table, re.M)
    assert len(keys) > 20
    told = (ROOT / "docs/configuration.md").read_text().split("## Changing it", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in told.splitlines() if line.startswith("|")]
    assert set(keys) == {key for row in rows for key in re.findall(r"`([^`]+)`", row)}

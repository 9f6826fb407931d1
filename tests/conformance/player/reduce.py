# SPDX-License-Identifier: BSD-3-Clause
"""An HTTP exchange reduced to what a client can rely on: two hubs that differ in nothing else give the same.

What is masked has its kind checked on the way: a time that is none, or an id of another form, stays and so differs.
"""
import html.parser
import http.cookies
import json
import re

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
# Members whose values are each hub's own: (pattern of the whole value, what stands for it).
OWN_VALUES = {
    "token": (r"\w{8,}", "<token>"), "access_token": (r"\w{8,}", "<token>"), "code": (r"[\w-]{8,}", "<code>"),
    "id": (r"(a|sc_)\d+", r"\1<n>"), "token_id": (r"a-?\d+", "a<n>"), "session_id": (r"\w{16,}", "<session>"),
    "python": (r"[\s\S]*", "<python>"), "sys_executable": (r".*", "<python>"), "class": (r".+", "<class>"),
    "version": (r"\d+\.\d+\.\d+\w*", "<version>"), "target": (r"http://127\.0\.0\.1:\d+", "<target>"),
}
PROSE = {"message", "error_description", "html_message"}  # a client shows it; it may not depend on its words
EVENT = {"progress", "message", "html_message", "ready", "failed", "url"}
UNORDERED = {"scopes", "roles", "groups", "users"}
USUAL = {"X-JupyterHub-Version": "6.1.1", "Access-Control-Allow-Headers": "accept, content-type, authorization"}
JSON_TYPES = ("application/json", "application/jupyterhub-pagination+json")


def url(text):
    """Without the hub's own address and without what is random in a query."""
    text = re.sub(r"https?://127\.0\.0\.1:\d+(?=/|$)", "<hub>", text)
    text = re.sub(r"/tokens/a\d{1,9}\b", "/tokens/a<n>", re.sub(r"/token/\w{32}$", "/token/<random>", text))
    text = re.sub(r"(?<=[?&]id=)sc_\d{1,5}\b", "sc_<n>", text)
    return re.sub(r"(?<![a-z_])(_xsrf|code|code_challenge|token)(=|%3D)[^&#]+", r"\1\2<random>", text)


def value(v, key=None):
    if key == "user_options" and not v:
        return {}  # JupyterHub: null or {}, by what it has in memory
    if isinstance(v, dict):
        return "<state>" if key == "state" else {k: value(x, k) for k, x in v.items()}
    if isinstance(v, list):
        out = [value(x) for x in v]
        return sorted(out, key=json.dumps) if key in UNORDERED else out
    if key in PROSE:
        return "<text>"
    if not isinstance(v, str):
        return "<pid>" if key == "pid" and v else v
    if key == "scope":
        return " ".join(sorted(v.split()))  # RFC 6749 section 3.3: the order means nothing
    if key in OWN_VALUES and (own := re.fullmatch(OWN_VALUES[key][0], v)):
        return own.expand(OWN_VALUES[key][1])
    return "<time>" if TIME.fullmatch(v) else url(v)


class Forms(html.parser.HTMLParser):
    """What programs use of a page: its forms, where they go, the names of their fields."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append({"action": url(a.get("action") or ""), "method": (a.get("method") or "get").lower(), "fields": []})
        elif tag in ("input", "select", "textarea") and self.forms and a.get("name"):
            self.forms[-1]["fields"].append(a["name"])


def cookies(headers):
    """Name, path, and: http for HttpOnly, secure, gone when the browser is told to forget it."""
    found = []
    for name, text in headers:
        if name.lower() == "set-cookie":
            for cookie, m in http.cookies.SimpleCookie(text).items():
                gone = m["max-age"] == "0" or "1970" in m["expires"] or m.value == "" or ended(m["expires"])
                marks = [mark for mark, is_so in (("http", m["httponly"]), ("secure", m["secure"]), ("gone", gone)) if is_so]
                found.append(" ".join([cookie, m["path"] or "-", *marks]))
    return sorted(set(found))


def ended(expires):
    """Tornado forgets a cookie by a date of a year ago."""
    from email.utils import parsedate_to_datetime
    from datetime import datetime, timezone
    return bool(expires) and parsedate_to_datetime(expires) < datetime.now(timezone.utc)


def server_sent(text):
    """The first and the last event, with the members that clients know: the rest is each spawner's own."""
    events = [{k: v for k, v in value(json.loads(line[5:])).items() if k in EVENT} for line in text.splitlines() if line.startswith("data:")]
    return events[:1] + events[1:][-1:]


def body(kind, text, status):
    """The member of the reduced exchange that tells of the body, as a dictionary."""
    if kind in JSON_TYPES and text:
        try:
            return {"json": value(json.loads(text))}
        except ValueError:
            return {"json": "<not JSON>"}
    if kind == "text/event-stream":
        return {"events": server_sent(text)}
    if kind == "text/html" and text:
        return {"forms": Forms(text).forms}
    return {"text": bool(text)} if kind else {}


def headers(received):
    """Those that clients look at; the usual ones only where they are missing or others."""
    have = {k.lower(): v for k, v in received}
    out = {name: have.get(name.lower()) for name, usual in USUAL.items() if have.get(name.lower()) != usual}
    if "frame-ancestors 'none'" not in have.get("content-security-policy", ""):
        out["Content-Security-Policy"] = None
    for name in ("Access-Control-Allow-Origin", "WWW-Authenticate", "Pragma"):
        if name.lower() in have:
            out[name] = have[name.lower()]
    if "retry-after" in have:
        out["Retry-After"] = "<seconds>"
    return out


def exchange(method, path, status, received, text):
    have = {k.lower(): v for k, v in received}
    kind = have.get("content-type", "").split(";")[0].strip()
    out = {"request": f"{method} {url(path)}", "status": status}
    if kind and (text or status < 300) and status != 204:
        out["type"] = kind
    if "location" in have:
        out["location"] = url(have["location"])
    if set_cookies := cookies(received):
        out["cookies"] = set_cookies
    if unusual := headers(received):
        out["headers"] = unusual
    return out | body(kind, text, status)

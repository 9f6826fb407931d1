# SPDX-License-Identifier: BSD-3-Clause
"""What stands before the routes: counting, faults of the way there and back, request ids, lower-case paths."""
import asyncio
import collections
import email.utils
import hashlib
import time
import uuid

import errors
from auth import bearer, claims_unverified
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

IDS = ("x-request-id", "x-correlation-id")


def headers_of(scope):
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


class Calls:
    """Every call but those of the control paths, the newest 50,000 one by one."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.each, self.now = collections.deque(maxlen=50000), collections.Counter()
        self.most = collections.Counter()

    def begin(self, user):
        self.now[user] += 1
        self.most[user] = max(self.most[user], self.now[user])

    def end(self, user, call):
        self.now[user] = max(0, self.now[user] - 1)
        self.each.append(call | {"user": user})

    def counts(self):
        calls, users, statuses = collections.Counter(), collections.defaultdict(collections.Counter), collections.Counter()
        for call in self.each:
            calls[call["route"]] += 1
            users[call["user"] or ""][call["route"]] += 1
            statuses[str(call["status"] or "cut")] += 1
        return {"calls": calls, "users": users, "statuses": statuses,
                "at_once": {user or "": most for user, most in self.most.items()}}


class Doorway:
    """The outermost: sees each call, and may keep it from the routes or its answer from the caller."""

    def __init__(self, app, prefix, routes, auth, faults, calls):
        self.app, self.prefix, self.routes, self.auth, self.faults, self.calls = app, prefix, routes, auth, faults, calls

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            return await self.app(scope, receive, send)
        path = scope["path"].lower()
        scope["path"] = path.removeprefix(self.prefix) if path.startswith(self.prefix + "/") else "/outside" + path
        scope["raw_path"] = scope["path"].encode()
        scope["route_name"] = self._route(scope)
        token = bearer(headers_of(scope))
        user = self.auth.name(claims_unverified(token)) if token else None
        call = {"at": time.time(), "route": scope["route_name"], "path": scope["path"], "status": None,
                "query": scope["query_string"].decode("latin-1"),
                "token": hashlib.sha256(token.encode()).hexdigest() if token else None}

        async def note(message):
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
            await send(message)

        self.calls.begin(user)
        try:
            await self._with_faults(scope, receive, note, user)
        except Exception:
            call["status"] = 500
            raise
        finally:
            self.calls.end(user, call | {"seconds": round(time.time() - call["at"], 3)})

    def _route(self, scope):
        for route in self.routes:
            if route.matches(scope)[0] == Match.FULL:
                return f"{scope['method']} {route.path}"
        return f"{scope['method']} (unknown)"

    async def _with_faults(self, scope, receive, send, user):
        draw = lambda name: self.faults.draw(name, scope["route_name"], user)  # noqa: E731
        if limit := draw("rate_limit"):
            return await too_many(limit)(scope, receive, send)
        if hang := draw("hang"):
            return await self._hang(hang, scope, receive, send)
        if draw("lose_answer"):
            await self._carry_out(scope, receive)
            return await cut(scope)
        if unhandled := draw("unhandled_500"):
            if unhandled["after"]:
                await self._carry_out(scope, receive)
            raise Exception(*([unhandled["message"]] if unhandled["message"] else []))
        return await self.app(scope, receive, send)

    async def _hang(self, hang, scope, receive, send):
        """"answer": carried out at once, answered late; "late": carried out late; "cut": never, and no answer."""
        if hang["then"] == "answer":
            said = []
            await self._carry_out(scope, receive, said)
            await asyncio.sleep(hang["seconds"])
            for message in said:
                await send(message)
            return
        sent = await whole(receive)  # while the caller is there: when it has given up, there is nothing to read
        await asyncio.sleep(hang["seconds"])
        await (cut(scope) if hang["then"] == "cut" else self.app(scope, sent, send))

    async def _carry_out(self, scope, receive, said=None):
        async def keep(message):
            if said is not None:
                said.append(message)
        try:
            await self.app(scope, receive, keep)
        except Exception:
            if said is not None:
                raise


def too_many(limit):
    """As a gateway in front of FirecREST refuses; `retry_after`: seconds, or "date:N" for the date in N seconds."""
    headers = {}
    if wait := limit["retry_after"]:
        wait = str(wait)
        headers["Retry-After"] = email.utils.formatdate(time.time() + float(wait[5:]), usegmt=True) \
            if wait.startswith("date:") else wait
    if limit["reset"] is not None:
        headers["RateLimit-Reset"] = str(limit["reset"])
    return JSONResponse({"message": "API rate limit exceeded"}, 429, headers)


async def whole(receive):
    """A `receive` that has the request's body already."""
    messages = collections.deque([await receive()])
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def replay():
        return messages.popleft() if messages else await receive()
    return replay


async def cut(scope):
    """Ends the connection with a reset."""
    scope["state"]["transport"].abort()
    await asyncio.sleep(0.05)  # until the server has noticed: else it answers for a handler that did not


class RequestIds:
    """Both are UUIDs, echoed or made; FirecREST's own headers stand on every answer."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            return await self.app(scope, receive, send)
        given = headers_of(scope)
        try:
            ids = {name: str(uuid.UUID(given[name])) if name in given else str(uuid.uuid4()) for name in IDS}
        except ValueError:
            return await Response(status_code=400)(scope, receive, send)
        extra = [(name.encode(), value.encode()) for name, value in (ids | errors.constant_headers()).items()]

        async def with_headers(message):
            if message["type"] == "http.response.start":
                message = message | {"headers": [*message["headers"], *extra]}
            await send(message)

        await self.app(scope, receive, with_headers)

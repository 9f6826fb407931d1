# SPDX-License-Identifier: BSD-3-Clause
"""FirecREST's one error body, and who makes it of what."""
import time

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class ApiError(Exception):
    """An error that FirecREST knows: it answers and keeps the connection. Any other exception is an unhandled 500."""

    def __init__(self, status, message, caused_by=None, headers=None):
        super().__init__(message)
        self.status, self.message, self.caused_by, self.headers = status, message, caused_by, headers or {}


def answer(request, status, message, kind="error", caused_by=None, data=None, headers=None):
    user = getattr(request.state, "user", None)
    body = {"errorType": kind, "message": message, "causedBy": caused_by, "data": data, "user": user}
    return JSONResponse(body, status, (headers or {}) | ({"f7t-authusername": user} if user else {}))


def constant_headers():
    return {"f7t-timestamp": str(time.time()), "f7t-appversion": "2.x.x"}


async def known(request, error):
    return answer(request, error.status, error.message, caused_by=error.caused_by, headers=error.headers)


async def from_framework(request, error):
    return answer(request, error.status_code, error.detail, headers=dict(error.headers or {}))


async def invalid(request, error):
    """The message quotes what was sent, scripts and all, in lower case: clients must not show it."""
    fields = [{"location": e["loc"][0], "name": e["loc"][1] if len(e["loc"]) > 1 else None, "message": e["msg"]}
              for e in error.errors()]
    return answer(request, 400, str(error).lower(), "validation", data={"fields": fields})


async def unhandled(request, error):
    """Outermost, so without request ids and user; uvicorn drops the connection after it without having said so."""
    request.state.user = None
    return answer(request, 500, str(error.args), headers=constant_headers())


def install(app):
    app.add_exception_handler(ApiError, known)
    app.add_exception_handler(HTTPException, from_framework)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unhandled)

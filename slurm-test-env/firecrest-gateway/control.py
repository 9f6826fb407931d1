# SPDX-License-Identifier: BSD-3-Clause
"""What tests may do to the gateway: /_faults, /_counts and /_calls, open to whoever reaches the port."""
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

control = APIRouter()


def faults_now(faults):
    return {"on": faults.on, "seed": faults.seed, "shown": faults.shown}


@control.get("/_faults")
async def show(request: Request):
    return faults_now(request.app.state.parts.faults)


@control.post("/_faults")
async def change(request: Request):
    faults = request.app.state.parts.faults
    try:
        faults.change(await request.json())
    except (ValueError, TypeError, AttributeError) as problem:
        return JSONResponse({"error": str(problem)}, 400)
    return faults_now(faults)


@control.delete("/_faults")
async def well(request: Request):
    request.app.state.parts.faults.clear()
    return faults_now(request.app.state.parts.faults)


@control.get("/_counts")
async def counts(request: Request):
    parts = request.app.state.parts
    return parts.calls.counts() | {"faults": parts.faults.shown}


@control.get("/_calls")
async def calls(request: Request):
    return list(request.app.state.parts.calls.each)


@control.delete("/_counts")
async def forget(request: Request):
    parts = request.app.state.parts
    parts.calls.forget()
    parts.faults.shown.clear()
    return {}

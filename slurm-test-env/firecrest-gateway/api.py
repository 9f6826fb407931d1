# SPDX-License-Identifier: BSD-3-Clause
"""FirecREST's routes. FastAPI, as FirecREST: so the order of checks and the words of validation are its own."""
import asyncio
import time
from enum import Enum
from typing import Annotated

import errors
from auth import bearer
from errors import ApiError
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from status import now, system


class Description(BaseModel):
    """A job to submit; unknown fields are ignored."""
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    name: str | None = None
    account: str | None = None
    partition: str | None = None
    reservation: str | None = None
    constraints: str | None = None
    working_directory: str
    standard_input: str | None = None
    standard_output: str | None = None
    standard_error: str | None = None
    env: dict[str, str] | list[str] = {"F7T_version": "v2.0.0"}
    script: str | None = None
    script_path: str | None = None


class Submission(BaseModel):
    job: Description


class Window(str, Enum):
    H1, H8, H24, D3, D7 = "1h", "8h", "24h", "3d", "7d"


def signed_in(request: Request):
    parts, token = request.app.state.parts, bearer(request.headers)
    user = parts.auth.user(token) if not parts.faults.draw("rotate_keys", request.scope.get("route_name")) else None
    if user is None:
        raise parts.auth.refusal("unknown_key", token)
    if fault := parts.faults.draw("unauthorized", request.scope.get("route_name"), user):
        raise parts.auth.refusal(fault["row"], token)
    request.state.user = user
    return user


def known_system(request: Request, system_name: str, user: Annotated[str, Depends(signed_in)]):
    if system_name != request.app.state.parts.system:
        raise ApiError(404, "System not found")


def healthy_system(request: Request, system_name: str, known: Annotated[None, Depends(known_system)]):
    parts = request.app.state.parts
    services = ("filesystem", "ssh service") if request.url.path.startswith("/filesystem") else ("scheduler", "ssh service")
    route = request.scope.get("route_name")
    if (fault := parts.faults.on.get("health_gate")) and fault["service"] in services and \
            parts.faults.draw("health_gate", route, request.state.user):
        raise ApiError(503, f"The {fault['service']} service for the requested system ({system_name}) is unhealthy.")


User = Annotated[str, Depends(signed_in)]
JobId = Annotated[str, Path(pattern="^[a-zA-Z0-9]+$")]
PathQuery = Annotated[str, Query()]
status = APIRouter(prefix="/status")
of_system = APIRouter(prefix="/status/{system_name}", dependencies=[Depends(known_system)])
compute = APIRouter(prefix="/compute/{system_name}/jobs", dependencies=[Depends(healthy_system)])
files = APIRouter(prefix="/filesystem/{system_name}/ops", dependencies=[Depends(healthy_system)])


def parts_of(request):
    return request.app.state.parts


@status.get("/systems")
async def get_systems(request: Request, user: User):
    parts = parts_of(request)
    gate = parts.faults.on.get("health_gate")
    return {"systems": [system(parts.system, parts.slurm_version, gate["service"] if gate else None)]}


@status.get("/liveness/")
async def get_liveness(request: Request):
    parts = parts_of(request)
    return {"healthcheckRuns": {parts.system: now()}, "lastUpdate": int(time.time() - parts.started) % 120}


@of_system.get("/partitions")
async def get_partitions(request: Request, user: User, show_hidden: bool = False):
    return {"partitions": await parts_of(request).status.partitions(user, show_hidden)}


@of_system.get("/nodes")
async def get_nodes(request: Request, user: User):
    return {"nodes": await parts_of(request).status.nodes(user)}


@of_system.get("/reservations")
async def get_reservations(request: Request, user: User):
    return {"reservations": await parts_of(request).status.reservations(user)}


@of_system.get("/userinfo")
async def get_userinfo(request: Request, user: User):
    return await parts_of(request).status.user(user)


@compute.post("", status_code=201)
async def post_job_submit(request: Request, user: User, body: Submission):
    """With the switch slow_sbatch the job is queued at once, and sbatch says so late."""
    parts, began = parts_of(request), time.monotonic()
    job_id = await parts.jobs.submit(user, body.job)
    parts.faults.note_submitted(job_id)
    if slow := parts.faults.draw("slow_sbatch", request.scope.get("route_name"), user):
        await asyncio.sleep(max(0, min(slow["seconds"], parts.shell.seconds) - (time.monotonic() - began)))
        if slow["seconds"] >= parts.shell.seconds:
            raise Exception("Channel not open for sending")
    return {"jobId": job_id}


@compute.get("")
async def get_jobs(request: Request, user: User, allusers: bool = False, account: str | None = None,
                   name: Annotated[str | None, Query(max_length=235)] = None, time_window: Window = Window.H24):
    parts = parts_of(request)
    jobs = await parts.jobs.list(user, allusers, account, name, time_window.value)
    return {"jobs": parts.faults.seen(jobs, "list", name)}


@compute.get("/{job_id}")
async def get_job(request: Request, user: User, job_id: JobId):
    parts = parts_of(request)
    jobs = parts.faults.seen(await parts.jobs.get(user, job_id), "get")
    if not jobs:
        raise ApiError(404, "Job not found.")
    return {"jobs": jobs}


@compute.delete("/{job_id}", status_code=204)
async def delete_job_cancel(request: Request, user: User, job_id: JobId):
    await parts_of(request).jobs.cancel(user, job_id)
    return Response(status_code=204)


@compute.get("/{job_id}/metadata")
async def get_job_metadata(request: Request, user: User, job_id: JobId):
    return {"jobs": await parts_of(request).jobs.metadata(user, job_id)}


Count = Annotated[int | None, Query()]


@files.get("/head")
async def get_head(request: Request, user: User, path: PathQuery, lines: Count = None, bytes: Count = None,
                   skip_trailing: Annotated[bool, Query(alias="skipTrailing")] = False):
    return {"output": await parts_of(request).files.part("head", user, path, lines, bytes, skip_trailing)}


@files.get("/tail")
async def get_tail(request: Request, user: User, path: PathQuery, lines: Count = None, bytes: Count = None,
                   skip_heading: Annotated[bool, Query(alias="skipHeading")] = False):
    return {"output": await parts_of(request).files.part("tail", user, path, lines, bytes, skip_heading)}


@files.get("/view")
async def get_view(request: Request, user: User, path: PathQuery, size: Annotated[int, Query(gt=0)] = 5242880,
                   offset: Annotated[int, Query(ge=0)] = 0):
    return {"output": await parts_of(request).files.view(user, path, size, offset)}


ROUTERS = (status, of_system, compute, files)
ROUTES = [route for router in ROUTERS for route in router.routes]


def make_api(parts):
    """`parts`: system, slurm_version, started, auth, faults, shell, jobs, status, files."""
    app = FastAPI(openapi_url=None)
    app.state.parts = parts
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app

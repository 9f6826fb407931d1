# SPDX-License-Identifier: BSD-3-Clause
"""Calling the tests' FirecREST by hand, each answer held against the description of its API."""
import json
import re

import jsonschema
import requests

from support.firecrest_gateway import SCRIPTS

API = json.loads((SCRIPTS / "openapi.json").read_text())
JOBS = "/compute/anchor/jobs"
SLEEP = "#!/bin/sh\n#SBATCH --output=/dev/null\nsleep 300\n"


def expected(method, path, status):
    """The schema of an answer: of the first address of the API that fits; None for an empty one."""
    for template, operations in API["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.lower()) and method.lower() in operations:
            answers = operations[method.lower()]["responses"]
            answer = answers.get(str(status)) or answers[f"{status // 100}XX"]
            return answer.get("content", {}).get("application/json", {}).get("schema")
    return {"$ref": "#/components/schemas/ApiResponseError"}


class Caller:
    """Somebody with a token. Every answer is held against the API's description."""

    def __init__(self, gateway, token):
        self.gateway, self.token, self.session = gateway, token, requests.Session()

    def __call__(self, method, path, **options):
        headers = ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | options.pop("headers", {})
        answer = self.session.request(method, self.gateway.url + path, headers=headers, timeout=30, allow_redirects=False,
                                      **options)
        if answer.content:
            jsonschema.validate(answer.json(), expected(method, path, answer.status_code) | {"components": API["components"]},
                                jsonschema.Draft202012Validator)
        return answer

    def submit(self, **job):
        return self("POST", JOBS, json={"job": {"workingDirectory": "/tmp", "script": SLEEP, "env": {"A": "1"}} | job})

    def new_job(self, **job):
        answer = self.submit(**job)
        assert answer.status_code == 201, answer.text
        return answer.json()["jobId"]

    def job(self, job_id):
        answer = self("GET", f"{JOBS}/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["jobs"][0]

    def state(self, job_id):
        return self.job(job_id)["status"]["state"].split()[0]

    def named(self, job_id, state):
        """The job's row; None while its state is another, or the accounting has not heard its name."""
        job = self.job(job_id)
        return job if job["status"]["state"].split()[0] == state and job["name"] != "allocation" else None

    def names(self, **query):
        return [job["name"] for job in self("GET", JOBS, params=query).json()["jobs"]]


def message(answer):
    return answer.json()["message"]

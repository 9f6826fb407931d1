# SPDX-License-Identifier: BSD-3-Clause
"""A job's life by pyfirecrest, FirecREST's own client. Run by the gateway's Python: walk.py URL SYSTEM FOLDER, the token on
standard input; what each call has answered comes out as JSON."""
import json
import sys
import time

from firecrest import UnexpectedStatusException
from firecrest.v2 import Firecrest

SCRIPT = "#!/bin/sh\n#SBATCH --job-name=walk\necho one\necho \"two $WORD\"\nsleep 300\n"


class Token:
    def __init__(self, text):
        self.text = text

    def get_access_token(self):
        return self.text


def until(question, seconds=30):
    end = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.5)
    return answer


def is_running(jobs):
    return jobs[0]["status"]["state"] == "RUNNING" or any(t["status"]["state"] == "RUNNING" for t in jobs[0]["tasks"] or [])


def last_line(client, system, log):
    """None while the job has not written it: a log is not there at once."""
    try:
        told = client.tail(system, log, num_lines=1)
    except UnexpectedStatusException:
        return None
    return told if told["content"].startswith("two") else None


def walk(client, system, folder):
    said = {"systems": client.systems(), "userinfo": client.userinfo(system), "partitions": client.partitions(system)}
    job_id = said["submit"] = client.submit(system, folder, script_str=SCRIPT, env_vars={"WORD": "words"})["jobId"]

    def poll():
        jobs = client.job_info(system, job_id)
        return jobs if is_running(jobs) else None

    said["running"] = until(poll)
    said["metadata"] = client.job_metadata(system, job_id)
    log = said["metadata"][0]["standardOutput"]
    said["tail"] = until(lambda: last_line(client, system, log))
    said["listed"] = until(lambda: client.job_info(system, name="walk", time_window="1h"))
    client.cancel_job(system, job_id)
    said["cancelled"] = client.job_info(system, job_id)
    return said


json.dump(walk(Firecrest(sys.argv[1], authorization=Token(sys.stdin.read().strip())), *sys.argv[2:]), sys.stdout)

# SPDX-License-Identifier: BSD-3-Clause
"""Jobs through Slurm's own commands: sacct and squeue at once where there is slurmdbd, else what slurmctld remembers."""
import asyncio
import re

from commands import unexpected
from errors import ApiError

BETWEEN = "\x1f"  # may stand in no name
SACCT = ("JobID,JobName,State,Reason,ExitCode,ElapsedRaw,Start,End,Suspended,TimelimitRaw,Account,AllocNodes,Cluster,Group,"
         "NodeList,Partition,Priority,User,WorkDir")
SQUEUE = {"JobID": "%i", "JobName": "%j", "State": "%T", "Reason": "%r", "Elapsed": "%M", "Start": "%S", "End": "%e",
          "Timelimit": "%l", "Account": "%a", "AllocNodes": "%D", "Group": "%g", "NodeList": "%N", "Partition": "%P",
          "Priority": "%Q", "User": "%u", "WorkDir": "%Z"}


def number(text):
    return int(text) if text.isdigit() else None


def seconds(text):
    """[days-][hours:]minutes:seconds; None for UNLIMITED and the like."""
    match = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?", text)
    if not match:
        return None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def rows(text, names):
    lines = (line.split(BETWEEN) for line in text.splitlines())
    return [dict(zip(names, line)) for line in lines if len(line) == len(names)]


def status_of(row, reason):
    code, _, signal = row.get("ExitCode", "").partition(":")
    return {"state": row["State"], "stateReason": reason, "exitCode": number(code), "interruptSignal": number(signal)}


def sacct_time(row):
    limit = number(row["TimelimitRaw"])
    return {"elapsed": number(row["ElapsedRaw"]) or 0, "start": number(row["Start"]), "end": number(row["End"]),
            "suspended": seconds(row["Suspended"]), "limit": None if limit is None else limit * 60}


def squeue_time(row):
    return {"elapsed": seconds(row["Elapsed"]) or 0, "start": number(row["Start"]), "end": number(row["End"]),
            "suspended": None, "limit": seconds(row["Timelimit"])}


def job_of(row, time, cluster, tasks):
    return {"jobId": row["JobID"], "name": row["JobName"], "status": status_of(row, row["Reason"] or None), "tasks": tasks,
            "time": time, "account": row["Account"] or None, "allocationNodes": number(row["AllocNodes"]) or 0,
            "cluster": cluster, "group": row["Group"] or None, "nodes": row["NodeList"], "partition": row["Partition"],
            "killRequestUser": None, "user": row["User"], "workingDirectory": row["WorkDir"],
            "priority": number(row["Priority"])}


def from_sacct(text):
    """A job's steps, whose ids have a dot, are its tasks."""
    jobs = {}
    for row in rows(text, SACCT.split(",")):
        job_id, _, step = row["JobID"].partition(".")
        if not step:
            jobs[job_id] = job_of(row, sacct_time(row), row["Cluster"], [])
        elif job_id in jobs:
            jobs[job_id]["tasks"].append({"id": row["JobID"], "name": row["JobName"], "status": status_of(row, None),
                                          "time": sacct_time(row)})
    return jobs


def from_squeue(text, cluster):
    return {row["JobID"]: job_of(row, squeue_time(row), cluster, []) for row in rows(text, list(SQUEUE))}


class Jobs:
    def __init__(self, shell, cluster, accounting):
        self.shell, self.cluster, self.accounting = shell, cluster, accounting

    async def list(self, user, everybody, account, name, window):
        """`window`: how long ago a job may have ended, as 24h; without slurmdbd what slurmctld has not forgotten."""
        options = ([] if everybody else [f"--user={user}"]) + ([f"--name={name}"] if name else [])
        queue = [*options, *([f"--account={account}"] if account else [])]
        number_of, unit = window[:-1], {"h": "hours", "d": "days"}[window[-1]]
        past = [*options, *([f"--accounts={account}"] if account else []), f"--starttime=now-{number_of}{unit}"]
        return await self._ask(user, past + (["--allusers"] if everybody else []), queue)

    async def get(self, user, job_id):
        return await self._ask(user, [f"--jobs={job_id}"], [f"--jobs={job_id}"])

    async def _ask(self, user, past_options, queue_options):
        try:
            return await (self._merged(user, past_options, queue_options) if self.accounting else
                          self._remembered(user, queue_options))
        except ApiError as problem:
            raise ApiError(500, "Error executing Slurm command.", [problem.message]) from None

    async def _merged(self, user, past_options, queue_options):
        """What sacct says counts, unless squeue calls the job pending."""
        past, queue = await asyncio.gather(self._sacct(user, past_options), self._squeue(user, queue_options),
                                           return_exceptions=True)
        for problem in (past, queue):
            if isinstance(problem, BaseException):
                raise problem
        newer = {job_id: job for job_id, job in queue.items()
                 if job_id not in past or job["status"]["state"] == "PENDING"}
        return list((past | newer).values())

    async def _sacct(self, user, options):
        result = await self.shell.run(user, "sacct", "--noheader", "--parsable2", f"--delimiter={BETWEEN}",
                                      f"--format={SACCT}", *options)
        if result.code:
            raise unexpected(result)
        return from_sacct(result.out)

    async def _squeue(self, user, options):
        """A job that slurmctld does not know is no error: sacct may."""
        result = await self.shell.run(user, "squeue", "--noheader", f"--format={BETWEEN.join(SQUEUE.values())}", *options)
        if result.code and "Invalid job id" not in result.err:
            raise unexpected(result)
        return from_squeue(result.out, self.cluster)

    async def _remembered(self, user, options):
        """squeue tells no exit codes; scontrol does."""
        jobs, shown = await asyncio.gather(self._squeue(user, [*options, "--states=all"]),
                                           self.shell.run(user, "scontrol", "--oneliner", "show", "job"))
        for job_id, code, signal in re.findall(r"^JobId=(\d+) .*? ExitCode=(\d+):(\d+) ", shown.out, re.MULTILINE):
            if job_id in jobs and jobs[job_id]["status"]["state"] not in ("PENDING", "RUNNING"):
                jobs[job_id]["status"] |= {"exitCode": int(code), "interruptSignal": int(signal)}
        return list(jobs.values())

    async def submit(self, user, job):
        """The new job's id."""
        environment = ",".join(["ALL", *(f"{name}={value}" for name, value in job.env.items())])
        options = {"job-name": job.name, "partition": job.partition, "account": job.account, "reservation": job.reservation,
                   "constraint": job.constraints, "input": job.standard_input, "output": job.standard_output,
                   "error": job.standard_error}
        given = [f"--{option}={value}" for option, value in options.items() if value]
        result = await self.shell.run(user, "sbatch", f"--export={environment}", f"--chdir={job.working_directory}", *given,
                                      *([job.script_path] if job.script_path else []), script=job.script)
        found = re.search(r"Submitted batch job (\d+)", result.out)
        if result.code or not found:
            raise unexpected(result)
        return found[1]

    async def cancel(self, user, job_id):
        """scancel's status says nothing about a job that it could not cancel; its words do."""
        result = await self.shell.run(user, "scancel", "--verbose", job_id)
        if result.code or "error" in result.err:
            raise unexpected(result)

    async def metadata(self, user, job_id):
        """The script is its owner's and operators'; for others it is empty."""
        shown = await self.shell.run(user, "scontrol", "show", "job", job_id)
        if shown.code and "Invalid job id" in shown.err:
            raise ApiError(404, "Job not found.")
        if shown.code:
            raise unexpected(shown)
        script = await self.shell.run(user, "scontrol", "write", "batch_script", job_id, "-")
        files = {key: (re.search(rf"^\s*{word}=(.*)$", shown.out, re.MULTILINE) or [None, None])[1] for key, word in
                 (("standardInput", "StdIn"), ("standardOutput", "StdOut"), ("standardError", "StdErr"))}
        return [{"jobId": job_id, "script": "" if script.code else script.out} | files]

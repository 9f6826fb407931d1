# SPDX-License-Identifier: BSD-3-Clause
"""Commands as the token's user, each where FirecREST has a channel of the user's ssh connection."""
import asyncio
import collections
import os
import pwd
import shlex
import signal
from dataclasses import dataclass

from errors import ApiError

TIMEOUT = "Command execution timeout limit exceeded."
NO_CHANNEL = "Unable to open a new SSH channel."
OUTPUT_LIMIT = 5 * 1024 * 1024


@dataclass
class Result:
    code: int
    out: str
    err: str


class Shell:
    """`sessions`: () -> how many commands a user may have under way, None when any number."""

    def __init__(self, slurm_conf, seconds=5.0, sessions=lambda: None):
        self.slurm_conf, self.seconds, self.sessions = slurm_conf, seconds, sessions
        self.open = collections.Counter()

    async def run(self, user, *argv, script=None, seconds=None):
        """`script` goes to standard input, which stays open when there is none, as sshd leaves it. ApiError when it
        lasts too long; with a script that is FirecREST's slip of writing to the channel that it has closed."""
        limit = self.sessions()
        if limit is not None and self.open[user] >= limit:
            raise ApiError(424, NO_CHANNEL)
        self.open[user] += 1
        try:
            return await self._run(account(user), argv, script, seconds or self.seconds)
        finally:
            self.open[user] -= 1

    async def _run(self, who, argv, script, seconds):
        home = who.pw_dir if os.path.isdir(who.pw_dir) else "/"
        environment = {"HOME": who.pw_dir, "USER": who.pw_name, "LOGNAME": who.pw_name, "SHELL": who.pw_shell,
                       "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "SLURM_CONF": self.slurm_conf,
                       "SLURM_TIME_FORMAT": "%s"}
        try:
            # By way of a shell, as sshd does: one argument holds the whole line, and has an end at 128 KiB.
            process = await asyncio.create_subprocess_exec(
                "/bin/bash", "-c", "exec " + shlex.join(argv), cwd=home, env=environment, start_new_session=True,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                user=who.pw_uid, group=who.pw_gid, extra_groups=os.getgrouplist(who.pw_name, who.pw_gid))
        except OSError as problem:
            return Result(1, "", f"/bin/bash: {problem.strerror}\n")
        try:
            out, err = await asyncio.wait_for(self._talk(process, script), seconds)
        except asyncio.TimeoutError:
            raise Exception("Channel not open for sending") if script else ApiError(408, TIMEOUT) from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if len(out) > OUTPUT_LIMIT:
            raise ApiError(413, f"Command output exceeds the limit of {OUTPUT_LIMIT} bytes.")
        return Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    @staticmethod
    async def _talk(process, script):
        if script:
            return await process.communicate(script.encode())
        out, err, _ = await asyncio.gather(process.stdout.read(), process.stderr.read(), process.wait())
        return out, err


def account(user):
    """Never root's, whatever a token says."""
    try:
        who = pwd.getpwnam(user)
    except KeyError:
        who = None
    if who is None or who.pw_uid == 0:
        raise ApiError(500, str((f"No SSH credentials found for user:{user}",)))
    return who


def unexpected(result):
    return ApiError(500, f"Unexpected Slurm command response. exit_status:{result.code} std_err:{result.err}")

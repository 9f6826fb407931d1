# SPDX-License-Identifier: BSD-3-Clause
"""Looking into files as the token's user. Unlike FirecREST, no path is ever read by a shell."""
from errors import ApiError

LARGEST = 5242880
STATUS_BY_WORDS = (("No such file", 404), ("Permission denied", 403), ("Operation not permitted", 403))


def failure(result):
    words = f"Remote process failed with exit status:{result.code} and error message:{result.err.strip()}"
    return ApiError(next((status for text, status in STATUS_BY_WORDS if text in result.err), 500), words)


class Files:
    def __init__(self, shell):
        self.shell = shell

    async def _run(self, user, *argv):
        result = await self.shell.run(user, *argv)
        if result.code:
            raise failure(result)
        return result.out

    async def part(self, program, user, path, lines, size, rest):
        """By head or tail; `rest`: all but the last (head), or from there on (tail)."""
        if lines is not None and size is not None:
            raise ApiError(400, "Only one of `bytes` or `lines` can be specified.")
        unit, count = ("bytes", size) if size is not None else ("lines", 10 if lines is None else lines)
        sign = {"head": "-", "tail": "+"}[program] if rest else ""
        content = await self._run(user, program, f"--{unit}={sign}{count}", "--", path)
        first, last = (0, -count if rest else count) if program == "head" else (count if rest else -count, -1)
        return {"content": content, "contentType": unit, "startPosition": first, "endPosition": last}

    async def view(self, user, path, size, offset):
        if size > LARGEST:
            raise ApiError(400, f"`size` value must be less than {LARGEST} bytes")
        return await self._run(user, "dd", f"if={path}", "iflag=skip_bytes,count_bytes", f"skip={offset}", f"count={size}",
                               "bs=64K", "status=none")

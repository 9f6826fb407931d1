# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for what other processes do: a bound, never a timed assertion."""
import time


def until(question, what, timeout=60, interval=0.1):
    """The first true answer of question(); fails with `what` and the last answer after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout} s; last answer: {answer!r}")
        time.sleep(interval)

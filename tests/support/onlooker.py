# SPDX-License-Identifier: BSD-3-Clause
"""Somebody else who uses the hub while a test does something to it."""
import statistics
import threading
import time


class Onlooker:
    """Asks for each of `paths` in turn, `per_second` times a second; what each answer took, in milliseconds."""

    def __init__(self, client, *paths, per_second=20):
        self.client, self.paths, self.pause = client, paths, 1 / per_second
        self.took, self.wrong, self.over = [], [], threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.over.is_set():
            for path in self.paths:
                begun = time.monotonic()
                status = self.client.get(path).status_code
                took = time.monotonic() - begun
                self.took.append(took * 1000)
                if status != 200:
                    self.wrong.append((path, status))
                self.over.wait(max(0, self.pause - took))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()

    def p99(self):
        return statistics.quantiles(self.took, n=100)[98]

    def told(self):
        return (f"{len(self.took)} asked, median {statistics.median(self.took):.1f} ms, p99 {self.p99():.1f} ms, "
                f"longest {max(self.took):.0f} ms")

# SPDX-License-Identifier: BSD-3-Clause
"""Disks that fill up, fail, hang or kill: under a hub's database by LD_PRELOAD, or as a small file system of its own."""
import contextlib
import subprocess

from support.paths import BAD_DISK


class BadDisk:
    """What happens to the writes of a hub's database; the words are explained in bad_disk.cpp. Before the hub starts."""

    def __init__(self, hub):
        assert BAD_DISK.exists(), f"{BAD_DISK} is missing: build the target bad_disk"
        self.control = hub.folder / "disk"
        hub.environment |= {"LD_PRELOAD": str(BAD_DISK), "BAD_DISK_CONTROL": str(self.control),
                            "BAD_DISK_PATH": str(hub.folder / "data/berth.sqlite")}

    def now(self, word):
        fresh = self.control.with_suffix(".new")
        fresh.write_text(word)
        fresh.rename(self.control)

    def works(self):
        self.control.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder, size="4m"):
    """A file system of that size on the folder. fill() leaves not a byte."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


class SmallDisk:
    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"

    def fill(self):
        with contextlib.suppress(OSError), open(self.ballast, "ab", buffering=0) as f:
            while True:
                f.write(b"x" * 4096)

    def free(self):
        self.ballast.unlink()

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)

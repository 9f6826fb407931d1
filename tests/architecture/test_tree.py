# SPDX-License-Identifier: BSD-3-Clause
"""What every file and every room owes its reader."""
import re
import warnings

import pytest
import rules
from support.paths import ROOT

CODE = {".cpp", ".hpp", ".h", ".py", ".sh", ".cmake", ".js", ".css"}
LONG = 300
# Written in pieces, so that this file passes its own check.
REGISTRIES = ["pypi" + ".org", "files." + "pythonhosted", "registry." + "npmjs", "deb." + "debian.org",
              "proxy." + "golang", "crates" + ".io", "conda" + "-forge"]
ELSEWHERE = re.compile(r"(?<![\w.~-])/(?:work|farm)/")


def text_files():
    for file in rules.files(ROOT):
        try:
            yield file, (ROOT / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def is_code(file, text):
    return file.suffix in CODE or file.name == "CMakeLists.txt" or text.startswith("#!")


def missing_spdx(file, text):
    return is_code(file, text) and not any("SPDX-License-Identifier: BSD-3-Clause" in line
                                           for line in text.splitlines()[:3])


def machine_traces(text):
    return [m.group(0) for m in ELSEWHERE.finditer(text)] + [name for name in REGISTRIES if name in text]


def test_every_source_names_its_licence():
    assert [str(f) for f, text in text_files() if missing_spdx(f, text)] == []


def test_no_file_names_a_machine_or_a_registry():
    assert {str(f): found for f, text in text_files() if (found := machine_traces(text))} == {}


@pytest.mark.parametrize("text", ["cd /wo" + "rk/main", "'/fa" + "rm/x'", "https://" + REGISTRIES[0] + "/simple"])
def test_traces_are_found(text):
    assert machine_traces(text)


def rooms():
    """The folders that hold C++ two levels deep at most: deeper ones are told of by the room above them."""
    return {"/".join(f.parts[:-1][:2]) for f in rules.files(ROOT)
            if f.suffix in (".cpp", ".hpp") and f.parts[0] != "tests"} | {"tests", "slurm-test-env"}


def test_every_room_has_a_readme():
    assert sorted(r for r in rooms() if not (ROOT / r / "README.md").exists()) == []


def test_a_readme_is_about_one_screen():
    lengths = {r: (ROOT / r / "README.md").read_text().count("\n") for r in rooms() if (ROOT / r / "README.md").exists()}
    assert {r: n for r, n in lengths.items() if n > 100} == {}


def test_long_files_are_reported():
    """A report, not a verdict: a long file may hold one long thought."""
    for file, text in text_files():
        lines = text.count("\n")
        if is_code(file, text) and lines > LONG:
            warnings.warn(f"{file} has {lines} lines: do two thoughts share it?", stacklevel=1)

# SPDX-License-Identifier: BSD-3-Clause
"""Who may see whom, as a table, and the tree that it is held against. Used by the tests beside this file."""
import re
from dataclasses import dataclass
from pathlib import Path

# A room, and the rooms whose headers it may include besides its own; those inside a room that it may see are seen with
# it. The longest matching name owns a file.
MAY_SEE = {
    "daemon/runtime": (),
    "daemon/http": ("daemon/runtime",),
    "daemon/store": ("daemon/runtime",),
    "daemon/proxy": ("daemon/runtime", "daemon/http"),
    "auth": ("daemon/runtime", "daemon/http", "daemon/store"),
    "auth/provider": ("daemon/runtime",),
    "auth/login": ("daemon/runtime", "auth/provider"),
    "auth/credentials": ("daemon/runtime", "daemon/store", "auth/provider"),
    "scheduler": ("daemon/runtime", "daemon/http", "daemon/store"),
    "hubapi": ("daemon/runtime", "daemon/http", "daemon/store", "auth", "scheduler"),
    "daemon/main": ("daemon/runtime", "daemon/http", "daemon/store", "daemon/proxy", "auth", "scheduler", "hubapi"),
}
# Neighbours inside one room that never see each other.
STRANGERS = [("scheduler/slurm", "scheduler/firecrest"), ("scheduler/slurm", "scheduler/local"),
             ("scheduler/firecrest", "scheduler/local")]
# A library's headers, and the only places that may include them.
KEPT_IN = {
    r"slurm/slurm\w*\.h": ("scheduler/slurm/agent",),
    r"curl/": ("daemon/runtime",),
    r"boost/beast": ("daemon/http", "daemon/proxy"),
    r"soci[-/.]": ("daemon/store",),
}
# In no header at all: it costs 6 to 17 s in every file that sees it.
NEVER_IN_HEADERS = r"boost/beast"
# In no header that another room sees, straight or through others: it would be compiled again in every file above it.
HEAVY = (r"boost/beast", r"soci[-/.]", r"curl/", r"spdlog/", r"nlohmann/json\.hpp", r"slurm/slurm\w*\.h", r"(kainjow/)?mustache\.hpp")

HEADERS = (".hpp", ".h")
SOURCE_SUFFIXES = {".cpp", ".hpp", ".h", ".c"}
SKIPPED_FOLDERS = {"build", ".git", ".venv", "node_modules", "__pycache__", ".pytest_cache", ".cache", ".hypothesis", "berth-data"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


@dataclass(frozen=True)
class Include:
    file: str       # path from the root
    name: str       # what stands between the quotes or brackets
    quoted: bool


def files(root):
    """Every file of the project, as paths from its root."""
    found = []
    for path in sorted(Path(root).rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not path.is_symlink() and not SKIPPED_FOLDERS & set(parts):
            found.append(Path(*parts))
    return found


def under(name, folder):
    return name == folder or name.startswith(folder + "/")


def room_of(name):
    """The room that owns a path, or None: tests and what is no room may see everything."""
    owners = [room for room in MAY_SEE if under(name, room)]
    return max(owners, key=len) if owners else None


def includes(root):
    for file in files(root):
        if file.suffix in SOURCE_SUFFIXES:
            text = (Path(root) / file).read_text(encoding="utf-8")
            for bracket, name in INCLUDE.findall(text):
                yield Include(str(file), name, bracket == '"')


def direction_faults(root):
    """One sentence for each include that the design does not allow."""
    found = list(includes(root))
    faults = _weight_faults(found)
    for include in found:
        faults += _project_faults(include) if include.quoted else []
        faults += _library_faults(include)
    return faults


def _weight_faults(found):
    heavy, seen = {}, {}
    for include in found:
        if include.quoted:
            seen.setdefault(include.file, set()).add(include.name)
        if include.file.endswith(HEADERS) and any(re.match(h, include.name) for h in HEAVY):
            heavy[include.file] = include.name
    faults = []
    for file in seen:
        reached, todo = set(), list(seen[file])
        while todo:
            if (header := todo.pop()) not in reached:
                reached.add(header)
                todo += seen.get(header, ())
        for header in sorted(reached & set(heavy)):
            if room_of(file) and room_of(header) != room_of(file):
                faults.append(f"{file} sees the heavy header {heavy[header]} through {header}")
    return faults


def _project_faults(include):
    if include.name.startswith("."):
        return [f"{include.file} includes {include.name}: write the path from the root"]
    here, there = room_of(include.file), room_of(include.name)
    if here is None or there is None:
        return []
    if here != there and not any(under(there, seen) for seen in MAY_SEE[here]):
        return [f"{include.file} includes {include.name}: {here} may not see {there}"]
    for one, other in STRANGERS:
        for mine, theirs in ((one, other), (other, one)):
            if under(include.file, mine) and under(include.name, theirs):
                return [f"{include.file} includes {include.name}: {mine} and {theirs} never see each other"]
    return []


def _library_faults(include):
    if room_of(include.file) is None:
        return []
    faults = []
    for pattern, places in KEPT_IN.items():
        if re.match(pattern, include.name) and not any(under(include.file, place) for place in places):
            faults.append(f"{include.file} includes {include.name}: only {' and '.join(places)} may")
    if include.file.endswith(HEADERS) and re.match(NEVER_IN_HEADERS, include.name):
        faults.append(f"{include.file} includes {include.name}: a heavy header belongs in a .cpp file")
    return faults

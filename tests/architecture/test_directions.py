# SPDX-License-Identifier: BSD-3-Clause
"""Includes go in the directions of the design, and this test can tell when they do not."""
import pytest
import rules
from support.paths import ROOT


def test_no_include_goes_against_the_design():
    assert rules.direction_faults(ROOT) == []


def test_there_are_includes_to_judge():
    assert any(include.quoted for include in rules.includes(ROOT))


def write_tree(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")


BAD = [
    ("daemon/runtime/a.cpp", '#include "daemon/http/b.hpp"', "daemon/runtime may not see daemon/http"),
    ("daemon/http/a.cpp", '#include "auth/tokens/b.hpp"', "daemon/http may not see auth"),
    ("daemon/proxy/a.cpp", '#include "daemon/store/b.hpp"', "daemon/proxy may not see daemon/store"),
    ("auth/login/a.cpp", '#include "scheduler/job.hpp"', "auth/login may not see scheduler"),
    ("auth/login/a.cpp", '#include "auth/tokens/b.hpp"', "auth/login may not see auth"),
    ("auth/tokens/a.cpp", '#include "auth/login/b.hpp"', "auth may not see auth/login"),
    ("auth/provider/a.cpp", '#include "auth/credentials/b.hpp"', "auth/provider may not see auth/credentials"),
    ("scheduler/spawner/a.hpp", ' #  include "auth/scopes/scopes.hpp"', "scheduler may not see auth"),
    ("hubapi/rest/a.cpp", '#include "daemon/proxy/b.hpp"', "hubapi may not see daemon/proxy"),
    ("hubapi/rest/a.cpp", '#include "daemon/main/b.hpp"', "hubapi may not see daemon/main"),
    ("scheduler/local/a.cpp", '#include "scheduler/slurm/b.hpp"', "never see each other"),
    ("scheduler/slurm/a.cpp", '#include "scheduler/firecrest/b.hpp"', "never see each other"),
    ("scheduler/slurm/a.cpp", "#include <slurm/slurm.h>", "only scheduler/slurm/agent may"),
    ("scheduler/firecrest/a.cpp", "#include <curl/curl.h>", "only daemon/runtime may"),
    ("hubapi/rest/a.cpp", "#include <boost/beast/http.hpp>", "only daemon/http and daemon/proxy may"),
    ("daemon/http/a.hpp", "#include <boost/beast/http.hpp>", "heavy header"),
    ("auth/tokens/a.cpp", '#include "../login/b.hpp"', "from the root"),
]


@pytest.mark.parametrize("file, line, complaint", BAD, ids=[f"{b[0]}-{i}" for i, b in enumerate(BAD)])
def test_a_bad_tree_is_found_out(tmp_path, file, line, complaint):
    write_tree(tmp_path, {file: f"// made up\n{line}"})
    faults = rules.direction_faults(tmp_path)
    assert len(faults) == 1 and complaint in faults[0], faults


def test_a_heavy_header_stays_in_its_room(tmp_path):
    write_tree(tmp_path, {"auth/tokens/inner.hpp": "#include <nlohmann/json.hpp>",
                          "auth/tokens/outer.hpp": '#include "auth/tokens/inner.hpp"',
                          "auth/tokens/a.cpp": '#include "auth/tokens/inner.hpp"'})
    assert rules.direction_faults(tmp_path) == []
    write_tree(tmp_path, {"hubapi/rest/b.cpp": '#include "auth/tokens/outer.hpp"'})
    fault, = rules.direction_faults(tmp_path)
    assert fault == "hubapi/rest/b.cpp sees the heavy header nlohmann/json.hpp through auth/tokens/inner.hpp"


GOOD = [
    ("daemon/main/a.cpp", '#include "hubapi/rest/b.hpp"'),
    ("daemon/http/a.cpp", "#include <boost/beast/http.hpp>"),
    ("scheduler/slurm/agent/a.cpp", "#include <slurm/slurm.h>"),
    ("scheduler/slurm/a.cpp", '#include "scheduler/job.hpp"'),
    ("hubapi/model/a.hpp", "#include <nlohmann/json_fwd.hpp>"),
    ("auth/login/a.cpp", '#include "auth/provider/b.hpp"'),
    ("auth/credentials/a.cpp", '#include "auth/provider/b.hpp"'),
    ("hubapi/rest/a.cpp", '#include "auth/login/b.hpp"'),
    ("tests/auth/a.cpp", '#include "scheduler/job.hpp"'),
]


@pytest.mark.parametrize("file, line", GOOD, ids=[g[0] for g in GOOD])
def test_a_good_tree_passes(tmp_path, file, line):
    write_tree(tmp_path, {file: line})
    assert rules.direction_faults(tmp_path) == []

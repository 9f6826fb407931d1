# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark's own code, without measuring: arguments, verdicts, the table, the plot."""
import subprocess
import xml.etree.ElementTree as ET

import pytest
from bench import cli, load, measure, plot, results
from support.paths import ROOT

LINES = [
    results.Line("user", "GET /hub/api/user", 38255.1, "/s", "≥ 50×", True, "JupyterHub", 335.2, 114.12, "3,077 · 26 µs, 118×"),
    results.Line("user", "the same: p99", 6.69, "ms", "< 2 ms", False, "JupyterHub", 88.8, 13.3),
    results.Line("transfer", "100 MB <up>", 660, "MB/s", "≥ haproxy", True, "haproxy", 621.0, 0.9),
    results.Line("stored", "boot with 10,000 servers", 0.5, "s", "< 2 s", True),
]
AROUND = {"when": "2026-11-23 01:27", "processors": 2, "JupyterHub": "6.1.1"}
WRK = """Running 1s test @ http://127.0.0.1/
  Latency Distribution
     50%  812.00us
     99%    6.69ms
  38255 requests in 1.00s, 12.00MB read
  Socket errors: connect 0, read 1, write 0, timeout 2
  Non-2xx or 3xx responses: 4
Requests/sec:  38255.10
"""


def test_the_table_has_a_line_for_each_and_a_verdict():
    table = results.table(LINES).splitlines()
    assert len(table) == 1 + len(LINES)
    assert "38,255/s" in table[1] and "114×" in table[1] and table[1].split("≥ 50×")[1].split() == ["met"]
    assert "NOT MET" in table[2]


def test_results_survive_the_file(tmp_path):
    file = tmp_path / "a/results.json"
    results.save(file, LINES, AROUND)
    assert results.load(file) == (LINES, AROUND)


def test_the_plot_is_xml_with_a_bar_for_each_ratio():
    picture = ET.fromstring(plot.draw(LINES, AROUND))
    bars = [e for e in picture.iter() if e.tag.endswith("rect") and e.get("class") in plot.CLASSES.values()]
    assert len(bars) == 3 and all(float(bar.get("width")) > 0 for bar in bars)


def test_show_tells_an_earlier_run_again(tmp_path):
    results.save(tmp_path / "r.json", LINES, AROUND)
    done = subprocess.run([ROOT / "tests/bench/run", "--show", tmp_path / "r.json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "3 of 4 met" in done.stdout and (tmp_path / "r.svg").exists()


def test_rows_are_chosen_in_their_order():
    assert cli.arguments(["proxy", "user"]).rows == ["user", "proxy"]
    assert cli.arguments([]).rows == cli.ROW_NAMES
    assert not cli.NOT_QUICK & set(cli.arguments(["--quick"]).rows)
    with pytest.raises(SystemExit):
        cli.arguments(["no-such-row"])


def test_what_wrk_says_is_understood():
    assert load.read_wrk(WRK) == {"rate": 38255.1, "count": 38255, "p50_ms": 0.812, "p99_ms": 6.69, "bad": 4, "errors": 3}


def test_ratios_are_medians_of_rounds():
    ones, others = [{"rate": 10}, {"rate": 40}, {"rate": 90}], [{"rate": 1}, {"rate": 2}, {"rate": 3}]
    assert measure.ratio(ones, others, "rate") == 20
    assert results.better(2, 10, more_is_better=False) == 5

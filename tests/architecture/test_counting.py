# SPDX-License-Identifier: BSD-3-Clause
"""The last line of tests/run tells the truth: what failed, died, was skipped or could not run is a failure."""
from support import run_suites

GTEST = """<testsuites><testsuite name="s">
<testcase name="good" classname="s" status="run" result="completed"/>
<testcase name="bad" classname="s" status="run" result="completed"><failure message="no"/></testcase>
<testcase name="left_out" classname="s" status="run" result="skipped"><skipped/></testcase>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="m" name="good"/><testcase classname="m" name="bad"><failure/></testcase>
<testcase classname="m" name="broken"><error/></testcase><testcase classname="m" name="left_out"><skipped/></testcase>
</testsuite></testsuites>"""


def counts(tally):
    return tally.passed, tally.failed


def test_gtest_s_cases_are_counted(tmp_path):
    (tmp_path / "a.xml").write_text(GTEST)
    assert counts(run_suites.gtest_tally("a", tmp_path / "a.xml", binary_failed=True)) == (1, 2)


def test_a_binary_that_died_is_one_failure_at_least(tmp_path):
    assert counts(run_suites.gtest_tally("a", tmp_path / "none.xml", binary_failed=True)) == (0, 1)
    (tmp_path / "a.xml").write_text("<testsuites><testcase name='x' result='completed'/></testsuites>")
    assert counts(run_suites.gtest_tally("a", tmp_path / "a.xml", binary_failed=True)) == (1, 1)


def test_a_program_without_gtest_counts_as_one(tmp_path):
    assert counts(run_suites.gtest_tally("a", tmp_path / "none.xml", binary_failed=False)) == (1, 0)


def test_pytest_s_cases_are_counted(tmp_path):
    (tmp_path / "p.xml").write_text(PYTEST)
    assert counts(run_suites.pytest_tally(tmp_path / "p.xml")) == (1, 3)

"""A pytest plugin: how many tests were skipped, by reason; with `--strict-skips` two reasons count.

These are absent market data, and long tests for which a bounded run had no time.
"""

from __future__ import annotations

from collections import Counter

import pytest

from gex_assets_tests.bounded import NOT_BEGUN
from gex_assets_tests.shared_data import MARKET_DATA_ABSENT

ALLOWED = frozenset({MARKET_DATA_ABSENT, NOT_BEGUN})
"""Reasons for which a test may be skipped with `--strict-skips`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strict-skips", action="store_true", help="fail for a skip that is not of the allowed reasons")


def skipped(reports: list[pytest.TestReport]) -> Counter[str]:
    """Skipped tests by reason."""
    reasons = (report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr) for report in reports)
    return Counter(reason.removeprefix("Skipped: ") for reason in reasons)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A session that passed fails for a skip that is not allowed."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or not session.config.getoption("strict_skips"):
        return
    refused = set(skipped(terminal.stats.get("skipped", []))) - ALLOWED
    if refused and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines of a run: one for each reason."""
    strict = terminalreporter.config.getoption("strict_skips")
    for reason, count in sorted(skipped(terminalreporter.stats.get("skipped", [])).items()):
        refused = "NOT ALLOWED: " if strict and reason not in ALLOWED else ""
        terminalreporter.write_line(f"{refused}{count} skipped: {reason}")

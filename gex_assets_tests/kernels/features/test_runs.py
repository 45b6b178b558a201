"""Runs of consecutive windows: gaps, series, and the window before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.kernels.features.runs import RunBefore, run_lengths

WINDOW = 5


def test_a_run_ends_at_a_gap_at_another_series_and_where_there_is_none():
    ends = np.array([5, 10, 15, 25, 30, 35, 40, 45])
    series = np.array([0, 0, 0, 0, 0, 1, -1, 1])
    assert run_lengths(ends=ends, series=series, window_ns=WINDOW).tolist() == [0, 1, 2, 0, 1, 0, -1, 0]
    assert run_lengths(ends=ends, window_ns=WINDOW).tolist() == [0, 1, 2, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("before", [None, RunBefore(end=0, run=3)])
def test_no_windows_have_no_runs(before):
    none = np.zeros(0, dtype=np.int64)
    assert run_lengths(ends=none, series=none, window_ns=WINDOW, before=before).size == 0


def test_a_run_goes_on_only_from_the_window_directly_before():
    ends = np.array([20, 25, 40, 45])
    assert run_lengths(ends=ends, window_ns=WINDOW, before=RunBefore(end=15, run=7)).tolist() == [8, 9, 0, 1]
    assert run_lengths(ends=ends, window_ns=WINDOW, before=RunBefore(end=14, run=7)).tolist() == [0, 1, 0, 1]


@given(st.lists(st.sampled_from([5, 5, 5, 10]), min_size=2, max_size=40), st.data())
def test_runs_are_those_of_counting_and_continue_over_any_cut(steps, data):
    ends = np.cumsum(steps)
    counted = [0]
    for step in steps[1:]:
        counted.append(counted[-1] + 1 if step == WINDOW else 0)
    assert run_lengths(ends=ends, window_ns=WINDOW).tolist() == counted
    cut = data.draw(st.integers(1, ends.size - 1))
    first = run_lengths(ends=ends[:cut], window_ns=WINDOW)
    before = RunBefore(end=int(ends[cut - 1]), run=int(first[-1]))
    second = run_lengths(ends=ends[cut:], window_ns=WINDOW, before=before)
    assert [*first.tolist(), *second.tolist()] == counted

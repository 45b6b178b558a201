from __future__ import annotations

from benchmarks.lines import Line, at_least, at_most, markdown, not_measured, plain

SHOWN = ("3 ns", "6 ns")


def test_a_ratio_is_what_its_target_says() -> None:
    slower = at_most("1", "kernel; zstd", ours=3.0, baseline=6.0, limit=0.6, shown=SHOWN)
    faster = at_least("3", "kernel; dict", ours=3.0, baseline=6.0, limit=1.5, shown=SHOWN)
    assert (slower.ratio, slower.met, slower.target) == (0.5, True, "≤ 0.6×")
    assert (faster.ratio, faster.met, faster.target) == (2.0, True, "≥ 1.5×")
    assert at_most("1", "kernel; zstd", ours=3.0, baseline=4.0, limit=0.6, shown=SHOWN).met is False
    assert at_least("3", "kernel; dict", ours=3.0, baseline=4.0, limit=1.5, shown=SHOWN).met is False


def test_a_line_survives_being_kept() -> None:
    line = at_most("1", "kernel; zstd", ours=3.0, baseline=6.0, limit=0.6, shown=SHOWN, records="1 M", remark="equal")
    assert Line(**line.stored()) == line


def test_what_could_not_be_measured_is_said_and_not_met() -> None:
    line = not_measured("3", "kernel; nautilus_trader", reason="not installed: no wheel")
    assert line.met is None
    assert "not installed: no wheel" in "\n".join(plain([line]))
    assert "not installed: no wheel" in markdown([line])[-1]


def test_a_bar_in_a_text_does_not_break_the_table() -> None:
    rows = markdown([not_measured("3", "a|b", reason="c|d")])
    assert {row.count("|") for row in rows} == {10}

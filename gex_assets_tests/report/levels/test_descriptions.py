"""The forms for charts against the public descriptions of the programs, written down again as small readers."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.report.levels.formats import as_text
from gex_assets.report.levels.named import LevelSet
from gex_assets_tests.report.levels.made_up_levels import before, within
from gex_assets_tests.report.levels.pine import Call, PineError, read_script

NAMES = ("call_wall", "secondary_call_wall", "put_wall", "zero_gamma", "reference_price", "expected_move")
NONE = before(**dict.fromkeys(NAMES))
CASES = {
    "one": (before(),),
    "two conventions": (before(), before(convention="magic8", zero_gamma_se=None)),
    "a session and a window": (before(), within(convention="flow")),
    "no levels": (NONE,),
    "a hostile scope": (before(scope='x"), y, "z\\'), before(scope="0dte // no")),
}
COLOURS = {"red", "green", "blue", "white", "black", "purple", "pink", "yellow", "gold", "brown", "cyan", "gray"}
PRICES = st.floats(min_value=1.0, max_value=99_999.0)
each_case = pytest.mark.parametrize("sets", CASES.values(), ids=CASES)


def of_name(calls: list[Call], name: str) -> list[Call]:
    return [call for call in calls if call.function == name]


@each_case
def test_a_pine_script_uses_what_the_manual_has(sets: tuple[LevelSet, ...]) -> None:
    calls = read_script(as_text(sets, "tradingview"))
    levels = [level for one in sets for level in one.levels]
    drawn = of_name(calls, "level")
    assert [float(call.arguments["price"][0]) for call in drawn] == [round(level.price, 2) for level in levels]
    assert len(of_name(calls, "indicator")) == 1
    assert of_name(calls, "indicator")[0].arguments["overlay"] == ["true"]
    for kind in ("lines", "labels", "boxes"):
        assert len(drawn) <= int(of_name(calls, "indicator")[0].arguments[f"max_{kind}_count"][0]) <= 500
    assert bool(drawn) is not ('"no level is known"' in as_text(sets, "tradingview"))


@given(price=PRICES, error=st.floats(min_value=0.0, max_value=500.0))
def test_a_band_reaches_its_error_to_each_side(price: float, error: float) -> None:
    one = before(zero_gamma=price, zero_gamma_se=error, zero_gamma_low=None, zero_gamma_high=None, zero_gamma_sigmas=0.1)
    (flip,) = (
        call for call in of_name(read_script(as_text([one], "tradingview")), "level") if "flip" in call.arguments["name"][0]
    )
    assert float(flip.arguments["price"][0]) == round(price, 2)
    assert float(flip.arguments["error"][0]) == pytest.approx(error if error >= 0.01 else 0.0, abs=0.0051)


GOOD = as_text(CASES["one"], "tradingview")


@pytest.mark.parametrize(
    ("was", "instead"),
    [
        ("//@version=6", "//@version=5"),
        ("extend = extend.both", "extends = extend.both"),
        ("extend.both", "extend.all"),
        ("box.new(bar_index - 1, ", "box.new("),
        ("size = size.small)", "size = size.small"),
        ("    line.new", "   line.new"),
        ("    line.new", "\tline.new"),
        ("             bgcolor", "            bgcolor"),
        ('"flip', '"fl"ip'),
        ("#8250C4", "#8250C"),
        ("if barstate.islastconfirmedhistory\n", "if barstate.islastconfirmedhistory\n        "),
        ("overlay = true", "overlay = True"),
        ("    level(7000", "    levels(7000"),
    ],
)
def test_the_reader_of_pine_refuses_what_the_manual_does_not_have(was: str, instead: str) -> None:
    assert was in GOOD
    with pytest.raises(PineError):
        read_script(GOOD.replace(was, instead, 1))


@each_case
def test_lines_for_ninjatrader_follow_the_indicators_rules(sets: tuple[LevelSet, ...]) -> None:
    """Date; then PRICE1 PRICE2 @Opacity #Color "Text Label" // Commentary, with spaces between; a comment ends a line."""
    text = as_text(sets, "ninjatrader")
    assert text.isascii()
    first, *lines = text.splitlines()
    month, day, year = map(int, first.split("/"))
    assert date(year, month, day) == sets[0].session_date
    rows = [line for line in lines if not line.startswith("//")]
    assert len(rows) == sum(len(one.levels) for one in sets)
    for line in rows:
        match = re.fullmatch(r'(\d+\.\d\d) (\d+\.\d\d) @(\d{1,3}) #[0-9A-F]{6} "([^"]+)"', line)
        assert match, line
        assert float(match[1]) >= float(match[2])
        assert 0 < int(match[3]) <= 100


def cut(line: str) -> list[str]:
    """As the study cuts a line: without its first and last letter, at every comma and quotation mark; empty cells vanish."""
    return [cell for cell in re.split('[",]', line[1:-1]) if cell]


@each_case
def test_sierra_charts_study_reads_every_line_as_it_is_meant(sets: tuple[LevelSet, ...]) -> None:
    text = as_text(sets, "sierra")
    assert text.isascii()
    header, *lines = text.splitlines()
    assert len(cut(header)) == 7
    meant = [level for one in sets for level in one.levels]
    lines_read = [cells for cells in map(cut, lines) if float(cells[1]) == 0.0]
    bands_read = [cells for cells in map(cut, lines) if float(cells[1]) != 0.0]
    assert [float(cells[0]) for cells in lines_read] == [round(level.price, 2) for level in meant]
    assert all(level.name in cells[2] for level, cells in zip(meant, lines_read, strict=True))
    for cells in (*lines_read, *bands_read):
        assert len(cells) == 7
        assert cells[3] in COLOURS
        assert cells[4] in "01234"
        assert int(cells[5]) > 0 < int(cells[6])
    assert all(float(cells[0]) < float(cells[1]) for cells in bands_read)

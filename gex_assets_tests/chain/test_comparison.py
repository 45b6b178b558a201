from __future__ import annotations

import json
import logging
import math
from pathlib import Path

import pytest

from gex_assets.chain.comparison import Difference, Result, compare, read_result
from gex_assets.errors import ChainError

OURS = {
    "file": "spx.json",
    "symbol": "SPX",
    "spot": 6000.0,
    "convention": "field",
    "scale": "usd_per_1pct",
    "net_gex": -2.0e9,
    "total_call_gex": None,
    "regime_analysis": {"net_gex_billions": -2.0},
    "levels": {"call_wall": 6100.0, "put_wall": 5900.0, "zero_gamma": 6020.0, "high_gamma_strikes": [5900.0]},
    "scores": {"Vertical": 1.2},
    "strikes": [{"strike": 5900.0, "call_gex": 1.0, "put_gex": -3.0, "net_gex": -2.0}, {"strike": 6100.0, "net_gex": 0.0}],
}


def read(tmp_path: Path, text: str, name: str = "other.txt", convention: str | None = None) -> Result:
    (tmp_path / name).write_text(text)
    return read_result(tmp_path / name, convention=convention)


def test_our_own_result_is_its_numbers_words_and_strikes(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(OURS))
    assert found.numbers == {
        "spot": 6000.0,
        "net_gex": -2.0e9,
        "total_call_gex": None,
        "call_wall": 6100.0,
        "put_wall": 5900.0,
        "zero_gamma": 6020.0,
    }
    assert found.words == {"symbol": "SPX", "convention": "field", "scale": "usd_per_1pct"}
    assert found.strikes == {
        (5900.0, "call_gex"): 1.0,
        (5900.0, "put_gex"): -3.0,
        (5900.0, "net_gex"): -2.0,
        (6100.0, "net_gex"): 0.0,
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"totalGex": -2e9, "Call Wall": 6100, "put_support": "5,900", "gamma_flip": 6020, "underlying_price": 6000}',
        '{"result": {"net_gex_bn": -2, "levels": {"call_resistance": 6100, "put_wall": 5900, "flip": 6020}}, "spot": 6000}',
        '[{"gex": -2e9, "call_wall": 6100, "put_wall": 5900, "zero_gamma_level": 6020, "spot_price": 6000}]',
        'name,value\nTotal GEX,"-2,000,000,000"\ncall wall,6100\nput wall,5900\nzero gamma,6020\nspot,6000\n',
        "total_gex,-2e9\ncall_wall,6100\nput_wall,5900\nflip_point,6020\nprice,$6000\n",
        "net_gex_millions;call_wall;put_wall;zero_gamma;spot\n-2000;6100;5900;6020;6000\n",
    ],
)
def test_another_programs_names_and_forms(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    wanted = {"net_gex": -2.0e9, "call_wall": 6100.0, "put_wall": 5900.0, "zero_gamma": 6020.0, "spot": 6000.0}
    assert {name: found.numbers[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    "text",
    [
        '{"gex_by_strike": {"5900": -2.0, "6100": 0.0}}',
        '{"net": 1, "strikes": [{"strike": 5900, "gex": -2.0}, {"strike": "6,100", "gex": 0.0}]}',
        '[{"Strike": 5900, "netGex": -2.0}, {"Strike": 6100, "netGex": 0.0}]',
        '[{"strike": 5900, "gex": -3.0}, {"strike": 5900, "gex": 1.0}, {"strike": 6100, "gex": 0.0}]',
        "strike,total_gex\n5900,-2.0\n6100,0\n",
        "convention,strike,net_gex\nfield,5900,-2.0\nfield,6100,0\nmagic8,5900,7\n",
    ],
)
def test_exposures_by_strike_add_up(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).strikes == {(5900.0, "net_gex"): -2.0, (6100.0, "net_gex"): 0.0}


def test_one_of_several_conventions(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({**OURS, "convention": name, "net_gex": net}) for name, net in (("field", 1.0), ("magic8", 2.0)))
    assert read(tmp_path, lines).numbers["net_gex"] == 1.0
    assert read(tmp_path, lines, convention="magic8").numbers["net_gex"] == 2.0
    with pytest.raises(ChainError, match=r"Expected the convention flow in other.txt, was field, magic8"):
        read(tmp_path, lines, convention="flow")
    assert read(tmp_path, '{"net_gex": 3}', convention="flow").numbers["net_gex"] == 3.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a result in other.txt, was an empty file"),
        ("{]", "Expected JSON in other.txt"),
        ("[1, 2]", "Expected an object of named numbers in other.txt, was list"),
        ('{"name": "x", "none": NaN, "yes": true}', "Expected named numbers in other.txt, was none"),
        ("a,b,c\n1,2,3\n4,5,6\n", "Expected name and value, one row, or a column strike in other.txt, was a, b, c"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match="Expected a file, was"):
        read_result(tmp_path / "none.json")


def result(name: str, strikes: dict[tuple[float, str], float] | None = None, **numbers: float | None) -> Result:
    return Result(file=name, numbers=numbers, strikes=strikes or {})


def test_more_than_a_hundredth_apart_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = compare(result("a", x=100.0, y=100.0, z=-50.0), result("b", x=101.0, y=101.1, z=-49.0))
    assert [(one.name, one.over) for one in found.numbers] == [("x", False), ("y", True), ("z", True)]
    assert found.numbers[1] == Difference("y", None, 100.0, 101.1, pytest.approx(1.1), pytest.approx(0.011), over=True)
    assert [record.getMessage() for record in caplog.records] == [
        "y differs by 1.1 %: 100 against 101.1",
        "z differs by 2 %: -50 against -49",
    ]
    assert compare(result("a", x=100.0), result("b", x=101.0), tolerance=0.001).over[0].name == "x"


GRID = {(strike, "net_gex"): 1.0 for strike in (5000.0, 5900.0, 5950.0, 5955.0, 5960.0, 5965.0, 6000.0, 6005.0, 6010.0, 6100.0)}


def test_prices_are_compared_in_steps_of_the_strike_grid(caplog: pytest.LogCaptureFixture) -> None:
    first = result("a", GRID, spot=6000.0, call_wall=6040.0, put_wall=5950.0, zero_gamma=6003.0, net_gex=100.0)
    second = result("b", GRID, spot=6000.5, call_wall=6000.0, put_wall=5955.0, zero_gamma=6007.9, net_gex=100.9)
    found = compare(first, second)
    assert found.step == 5.0
    assert [one.name for one in found.over] == ["call_wall", "put_wall"]
    assert [one.points for one in found.numbers] == [5.0, 2.5, 2.5, 5.0, None]
    assert caplog.messages[0] == "call_wall differs by -40 points: 6040 against 6000"


def test_points_may_be_said_and_without_strikes_prices_are_within_a_twentieth_of_a_percent() -> None:
    first, second = result("a", call_wall=6000.0, zero_gamma=6000.0), result("b", call_wall=6003.0, zero_gamma=6003.1)
    assert [one.name for one in compare(first, second).over] == ["zero_gamma"]
    assert not compare(first, second, points=4.0).over
    assert len(compare(first, second, points=0.5).over) == 2


@pytest.mark.parametrize("factor", [1e3, 1e6, 1e9])
def test_a_factor_of_a_thousand_asks_for_units(factor: float, caplog: pytest.LogCaptureFixture) -> None:
    found = compare(result("a", net_gex=-2.0, dex=5.0), result("b", net_gex=-2.02 * factor, dex=5.0 / factor))
    assert [one.units for one in found.numbers] == pytest.approx([factor, 1.0 / factor])
    assert len(found.over) == 2
    assert "other units?" in caplog.messages[0]


def test_another_ratio_asks_nothing() -> None:
    found = compare(result("a", x=1.0, y=1.0, z=0.0), result("b", x=100.0, y=1_300.0, z=1_000.0))
    assert [one.units for one in found.numbers] == [None] * 3


def test_zeros_and_missing_numbers() -> None:
    found = compare(result("a", same=0.0, grown=0.0, gone=5.0, unknown=None), result("b", same=0.0, grown=1.0, unknown=2.0))
    by_name = {one.name: one for one in found.numbers}
    assert (by_name["same"].relative, by_name["same"].over) == (0.0, False)
    assert (by_name["grown"].relative, by_name["grown"].over) == (math.inf, True)
    assert [(by_name[name].absolute, by_name[name].over) for name in ("gone", "unknown")] == [(None, False)] * 2


def test_strikes_are_compared_where_both_have_the_column(caplog: pytest.LogCaptureFixture) -> None:
    first = {(5.0, "net_gex"): 100.0, (6.0, "net_gex"): 1e-13, (7.0, "net_gex"): 1.0, (5.0, "call_gex"): 3.0}
    found = compare(result("a", first), result("b", {(5.0, "net_gex"): 102.0, (6.0, "net_gex"): 0.0, (8.0, "net_gex"): 1.0}))
    assert [(one.strike, one.absolute, one.over) for one in found.strikes] == [
        (5.0, 2.0, True),
        (6.0, -1e-13, False),
        (7.0, None, False),
        (8.0, None, False),
    ]
    assert caplog.messages == ["1 of 4 values at strikes differ by more than 1 %"]


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(ChainError, match="Expected a number that both a and b have, was x in the one and y in the other"):
        compare(result("a", x=1.0), result("b", y=1.0))

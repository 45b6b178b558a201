from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gex_assets.chain import read_chain_file
from gex_assets.chain.summary import documents, request_of
from gex_assets.report.chain_page import chain_lines
from gex_assets.report.chain_tables import amount_text
from gex_assets.report.zero_gamma import zero_gamma_text
from gex_assets_tests.chain.made_up_chains import quotes, rows


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("chain") / "spx.json"
    path.write_text(quotes(rows()))
    return documents(read_chain_file(path), request_of(names=["field", "magic8"]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (9.99949, "9.999"),
        (9.9996, "10.00"),
        (99.994, "99.99"),
        (99.996, "100.0"),
        (-999.97, "-1.000 k"),
        (123_456.0, "123.5 k"),
        (-9.87654e9, "-9.877 bn"),
        (4.2e12, "4.200 tn"),
    ],
)
def test_amounts_have_four_digits(value: float | None, text: str) -> None:
    assert amount_text(value) == text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_page_fits_and_leaves_nothing_out(both: list[dict[str, Any]], width: int) -> None:
    lines = list(chain_lines(both[:1], style="table", width=width))
    page = "\n".join(lines)
    assert max(map(len, lines)) <= width
    assert "…" not in re.sub(r"\d …", "", page)
    one = both[0]
    for name in ("call_wall", "put_wall", "abs_gamma_strike"):
        assert f"{one['levels'][name]:,.2f}" in page
    zero_gamma, low, high = (one["levels"][name] for name in ("zero_gamma", "zero_gamma_low", "zero_gamma_high"))
    shown = next(line for line in lines if "zero gamma  " in line and "±" in line)
    assert zero_gamma_text(zero_gamma, error=None, low=low, high=high, sigmas=0.0) in shown
    for text in (
        amount_text(one["net_gex"]),
        "published gammas",
        "Tue 2026-01-06 09:00 Chicago",
        "Thu 2026-06-18 08:30",
        "field v2",
    ):
        assert text in page
    assert [line for line in lines if "│call wall" in line or "call wall│" in line]
    assert page.count("┼") == 1
    assert "warning iv_of_the_other_right" in page


@pytest.mark.parametrize(("strikes", "said"), [(1, "1 strike"), (2, "2 strikes")])
def test_one_strike_is_no_several(both: list[dict[str, Any]], strikes: int, said: str) -> None:
    levels = {**both[0]["levels"], "strikes": strikes}
    lines = chain_lines([{**both[0], "levels": levels}], style="table", width=80)
    assert [line for line in lines if line.startswith("gross") and line.split("  ")[-1].endswith(f", {said}")]


def test_strikes_of_levels_and_next_to_the_price_are_shown_however_small_their_net(both: list[dict[str, Any]]) -> None:
    one = both[0]
    spot, strikes = one["spot"], [row["strike"] for row in one["strikes"]]
    kept = {max(each for each in strikes if each <= spot), min(each for each in strikes if each > spot), strikes[0]}
    rows = [{**row, "net_gex": 1.0} if row["strike"] in kept else row for row in one["strikes"]]
    document = {**one, "strikes": rows, "levels": {**one["levels"], "abs_gamma_strike": strikes[0]}}
    lines = list(chain_lines([document], style="table", width=80))
    shown = {float(line.split()[0].replace(",", "")) for line in lines if "│" in line}
    assert (len(shown), kept <= shown) == (20, True)
    assert f"20 of {len(strikes)} strikes" in "\n".join(lines)
    said = "shown are levels, the strikes next to the price, and the largest net exposures:"
    assert lines[lines.index(said) + 1] == "  --format csv has all"
    few = "\n".join(chain_lines([{**document, "strikes": rows[:20]}], style="table", width=80))
    assert "shown are levels" not in few


def test_bars_grow_with_the_exposure_and_point_to_its_side(both: list[dict[str, Any]]) -> None:
    lines = [line for line in chain_lines(both[:1], style="table", width=160) if "│" in line]
    net_of = {row["strike"]: row["net_gex"] for row in both[0]["strikes"]}
    assert len(lines) == 20
    for line in lines:
        net = net_of[float(line.split()[0].replace(",", ""))]
        left, _, right = line.partition("│")
        filled = right if net > 0 else left
        assert not re.search("[▏▎▍▌▋▊▉█▐]", left if net > 0 else right)
        largest = max(abs(value) for value in net_of.values())
        assert filled.count("█") == pytest.approx(abs(net) / largest * 49, abs=1.0)
    strikes = [float(line.split()[0].replace(",", "")) for line in lines]
    assert strikes == sorted(strikes, reverse=True)


def test_a_warning_names_its_convention_where_not_all_say_it(both: list[dict[str, Any]]) -> None:
    changed = [{**both[0], "warnings": [{"code": "odd", "text": "something"}]}, {**both[1], "warnings": []}]
    assert list(chain_lines(changed, style="table", width=100))[-1] == "warning odd: something [field]"


def test_without_numbers_the_page_says_so(both: list[dict[str, Any]]) -> None:
    empty = {**both[0], "levels": None, "strikes": [], "expirations": [], "net_gex": None, "as_of": None}
    page = "\n".join(chain_lines([empty], style="table", width=100))
    assert "no numbers: see the warnings" in page
    long = {**empty, "file": "a name " * 20, "options_in_file": 10**9, "gamma_from": "implied"}
    assert max(map(len, chain_lines([long], style="table", width=60))) <= 60
    assert "time not known" in page


def test_no_zero_gamma_has_its_reason(both: list[dict[str, Any]]) -> None:
    levels = {**both[0]["levels"], "zero_gamma": None, "zero_gamma_reason": "no_crossing", "zero_gamma_roots": ()}
    lines = list(chain_lines([{**both[0], "levels": levels}], style="table", width=80))
    assert "no zero gamma: net exposure does not change sign within reach" in lines
    assert next(line for line in lines if line.startswith("call wall")).split()[2] == f"{levels['call_wall']:,.2f}"
    assert next(line for line in lines if line.startswith("zero gamma")).split() == ["zero", "gamma", "–"]


@pytest.mark.parametrize("sigmas", [2.9, 3.1, None])
def test_a_zero_gamma_beyond_three_days_deviations_is_none_in_reach(both: list[dict[str, Any]], sigmas: float | None) -> None:
    levels = {**both[0]["levels"], "zero_gamma_sigmas": sigmas, "zero_gamma_roots": (1.0, both[0]["levels"]["zero_gamma"])}
    expirations = [{**row, "zero_gamma_sigmas": sigmas} for row in both[0]["expirations"]]
    document = {**both[0], "levels": levels, "expirations": expirations}
    page = list(chain_lines([document], style="table", width=80))
    shown = next(line for line in page if line.startswith("zero gamma"))
    rows = [line for line in page if re.match(r"[A-Z][a-z]{2} \d{4}-", line)]
    assert len(rows) == len(expirations)
    if sigmas == 3.1:
        assert shown.split() == ["zero", "gamma", "none", "in", "reach"]
        assert all(row.endswith("none in reach") for row in rows)
    else:
        assert " ± " in shown
        assert "none in reach" not in "".join(rows)
    assert any(line.startswith("  another root") for line in page) == (sigmas != 3.1)


@pytest.mark.parametrize("width", [80, 100])
def test_every_convention_fits_on_a_page(tmp_path: Path, width: int) -> None:
    (tmp_path / "es.csv").write_text("strike,right,gamma,open_interest\n6050,C,0.002,1000\n5950,P,0.0015,800\n")
    request = request_of(names=["field", "magic8", "magic8_literal"], symbol="ES", spot=6000.0)
    lines = list(chain_lines(documents(read_chain_file(tmp_path / "es.csv"), request), style="table", width=width))
    assert max(map(len, lines)) <= width
    assert "…" not in "\n".join(lines)
    assert lines.count("delta     –") == 3
    assert "no zero gamma: no volatilities or no times to expiration to re-price with" in lines
    assert sum("│walls" in line or "walls│" in line for line in lines) == 1


def test_json_is_one_document_and_csv_has_every_strike(both: list[dict[str, Any]]) -> None:
    (line,) = chain_lines(both, style="json", width=100)
    objects = json.loads(line)
    (alone,) = chain_lines(both[:1], style="json", width=100)
    assert json.loads(alone) == objects[0]
    assert [one["convention"] for one in objects] == ["field", "magic8"]
    assert objects[0]["net_gex"] == both[0]["net_gex"]
    table = list(chain_lines(both, style="csv", width=100))
    assert table[0] == "convention,strike,call_gex,put_gex,net_gex"
    assert len(table) == 1 + sum(len(one["strikes"]) for one in both)
    first = both[0]["strikes"][0]
    assert table[1].split(",") == ["field", *(str(first[name]) for name in ("strike", "call_gex", "put_gex", "net_gex"))]


def test_the_file_name_is_all_that_is_said_of_the_path(both: list[dict[str, Any]]) -> None:
    assert both[0]["file"] == Path(both[0]["file"]).name == "spx.json"


def test_other_roots_are_shown_the_nearest_first(both: list[dict[str, Any]]) -> None:
    spot = both[0]["spot"]
    roots = tuple(spot + away for away in (-300.0, -200.0, -10.0, 50.0, 100.0, 400.0))
    levels = {**both[0]["levels"], "zero_gamma": roots[2], "zero_gamma_roots": roots}
    lines = list(chain_lines([{**both[0], "levels": levels}], style="table", width=80))
    others = [line.split()[2] for line in lines if line.startswith("  another root")]
    assert others == [f"{spot + away:,.2f}" for away in (50.0, 100.0, -200.0)]
    assert any(line.startswith("  and 2 more") for line in lines)
    three = {**levels, "zero_gamma_roots": roots[:4]}
    page = "\n".join(chain_lines([{**both[0], "levels": three}], style="table", width=80))
    assert (page.count("another root"), "more" in page) == (3, False)


def test_an_expiration_priced_with_the_spot_price_says_so(both: list[dict[str, Any]]) -> None:
    row = both[0]["expirations"][0]
    spot = {**row, "forward": both[0]["spot"], "forward_pairs": 0, "forward_se": None}
    quoted = {**row, "forward": both[0]["spot"], "forward_pairs": 20, "forward_se": 0.125}
    unknown = {**row, "forward": None, "forward_pairs": 0, "forward_se": None, "years": None}
    lines = list(chain_lines([{**both[0], "expirations": [spot, quoted, unknown]}], style="table", width=160))
    cells = [line.split() for line in lines if line.startswith("Wed 2026-01-07 15:00")]
    assert [line[5] for line in cells] == ["spot", f"{both[0]['spot']:,.2f}", "–"]
    assert cells[1][6] == "0.12"
    assert cells[2][3] == "–"


def test_the_rounding_of_published_gammas_stands_behind_the_net(both: list[dict[str, Any]]) -> None:
    one = {**both[0], "net_gex": 2e9, "net_gex_rounding": 5e6}
    assert "net       2.000 bn  ± 5.000 m by rounded gammas" in list(chain_lines([one], style="table", width=80))
    assert "net       2.000 bn" in list(chain_lines([{**one, "net_gex_rounding": None}], style="table", width=80))


def test_the_head_says_how_many_options_were_left_out_and_which_days_there_are(both: list[dict[str, Any]]) -> None:
    lines = list(chain_lines([{**both[0], "options": 300}], style="table", width=80))
    assert lines[2] == "300 of 328 options, 4 expirations 2026-01-07 … 2026-06-18; published gammas"
    one_day = {**both[0], "expirations": both[0]["expirations"][:1]}
    assert list(chain_lines([one_day], style="table", width=80))[2] == "328 options, 1 expiration 2026-01-07; published gammas"


def test_scores_are_on_the_page(both: list[dict[str, Any]]) -> None:
    scores = {"Iron_Condor": 1.2, "Vertical": 51.0} | {f"Strategy_{n}": 1 / 3 for n in range(6)}
    lines = list(chain_lines([{**both[0], "scores": scores}], style="table", width=80))
    at = lines.index("scores by regime: Iron_Condor 1.2, Vertical 51, Strategy_0 0.3333, Strategy_1")
    assert lines[at + 1].startswith("  0.3333, Strategy_2")
    assert max(map(len, lines)) <= 80

"""`open_roll_off` against plain loops over `open_chain`, and against levels of chains from which expirations are cut out."""

from __future__ import annotations

import math
from collections.abc import Collection

import pytest

from gex_assets.conventions import BUILT_IN
from gex_assets.schemas.open_roll_off import EXPIRATIONS_SHOWN, OPEN_ROLL_OFF
from gex_assets_tests.stages.made_up_day import DAY
from gex_assets_tests.stages.premarket.made_up_settlements import (
    ODTE,
    PUBLISHED,
    QUARTERLY,
    SESSION,
    Evening,
    Row,
    tables_of,
    usual,
)
from gex_assets_tests.twins.levels import levels as plain_levels

NEXT = [ODTE, ODTE + DAY, ODTE + 2 * DAY, QUARTERLY]


def week() -> Evening:
    """Four expirations on one future."""
    near = [6_700.0 + 10 * k for k in range(41)]

    def interest(number: int) -> int:
        """Calls above, puts below, so that exposure changes its sign in between; another amount for each expiration."""
        expiration, place = divmod((number - 1) // 2, len(near))
        return 100 + 40 * (place if number % 2 else len(near) - 1 - place) + 7 * expiration * (place % 5)

    return Evening.of([(expires, "ESH6", near) for expires in NEXT], interest=interest)


def rolled(evening: Evening) -> dict[tuple[str, int], Row]:
    table = tables_of(evening)["open_roll_off"]
    assert table.schema == OPEN_ROLL_OFF.arrow_schema()
    rows = table.to_pylist()
    keys = [(row["convention"], row["ts_expiration"]) for row in rows]
    assert keys == sorted(set(keys))
    return dict(zip(keys, rows, strict=True))


def without_open_interest(evening: Evening, expirations: Collection[int]) -> Evening:
    numbers = {one["instrument_id"] for one in evening.instruments if one["ts_expiration"] in expirations}
    said = [one for one in evening.statistics if one["stat_type"] == 3 or one["instrument_id"] not in numbers]
    return Evening(evening.instruments, said)


def without(evening: Evening, expirations: Collection[int]) -> Evening:
    kept = [one for one in evening.instruments if one["ts_expiration"] not in expirations]
    numbers = {one["instrument_id"] for one in kept}
    return Evening(kept, [one for one in evening.statistics if one["instrument_id"] in numbers])


@pytest.mark.parametrize("convention", ["field", "magic8"])
def test_each_row_is_what_plain_loops_over_the_strikes_find(convention: str) -> None:
    evening = week()
    strikes, of = tables_of(evening)["open_chain"].to_pylist(), BUILT_IN[convention]
    signs = {"long_call_short_put": (1, -1), "short_call_long_put": (-1, 1)}[of.sign_model]
    found = rolled(evening)
    assert [key for key in found if key[0] == convention] == [(convention, expires) for expires in NEXT]

    def plain(expirations: Collection[int]) -> tuple[float, float, float | None, float | None]:
        rows = []
        for row in strikes:
            if row["ts_expiration"] in expirations and row["contract_gex"] is not None:
                unit = row["contract_gex"] * (1.0 if of.scale == "usd_per_1pct" else 100.0 / row["forward"])
                rows.append((row["strike"], unit * row["call_open_interest"], unit * row["put_open_interest"], *signs))
        F = found[convention, ODTE]["reference_price"]
        made = plain_levels(rows, F=F, by_net=of.wall_rule == "net_side")
        return made.net or 0.0, made.gross or 0.0, made.call_wall, made.put_wall

    whole = plain(NEXT)
    for k, expires in enumerate(NEXT):
        row = found[convention, expires]
        net, gross, call_wall, put_wall = plain(NEXT[k + 1 :])
        ending = plain([expires])
        assert row["expiration_number"] == k + 1
        assert row["expiring_net_gex"] == pytest.approx(ending[0], rel=1e-9)
        assert row["expiring_gross_gex"] == pytest.approx(ending[1], rel=1e-9)
        assert row["expiring_share"] == pytest.approx(ending[1] / whole[1], rel=1e-9)
        if expires != QUARTERLY:
            assert row["net_gex"] == pytest.approx(net, rel=1e-9)
            assert row["gross_gex"] == pytest.approx(gross, rel=1e-9)
            assert (row["call_wall"], row["put_wall"]) == (call_wall, put_wall)
    assert math.fsum(found[convention, expires]["expiring_share"] for expires in NEXT) == pytest.approx(1.0)


def test_what_is_left_has_the_levels_of_a_chain_whose_earlier_expirations_have_no_contracts() -> None:
    evening, found = week(), rolled(week())
    for k, expires in enumerate(NEXT[:-1]):
        cut = without_open_interest(evening, NEXT[: k + 1])
        (row,) = [
            row for row in tables_of(cut)["open_levels"].to_pylist() if (row["convention"], row["scope"]) == ("field", "all")
        ]
        left = found["field", expires]
        for name in ("net_gex", "net_gex_se", "gross_gex", "zero_gamma", "zero_gamma_se"):
            assert row[name] is not None
            assert left[name] == pytest.approx(row[name], rel=1e-9), name
        for name in ("call_wall", "put_wall", "call_wall_reason", "zero_gamma_reason", "flip_rule", "strikes", "reference_price"):
            assert left[name] == row[name], name


def test_what_is_left_has_the_levels_of_a_chain_without_the_earlier_expirations() -> None:
    """Their forwards differ by what rounding to a tick leaves."""
    evening, found = week(), rolled(week())
    for k, expires in enumerate(NEXT[:-1]):
        rows = tables_of(without(evening, NEXT[: k + 1]))["open_levels"].to_pylist()
        (row,) = [row for row in rows if (row["convention"], row["scope"]) == ("field", "all")]
        left = found["field", expires]
        assert left["net_gex"] == pytest.approx(row["net_gex"], abs=1e-6 * row["gross_gex"])
        assert left["gross_gex"] == pytest.approx(row["gross_gex"], rel=1e-9)
        assert (left["call_wall"], left["put_wall"]) == (row["call_wall"], row["put_wall"])
        assert row["zero_gamma"] is not None
        assert left["zero_gamma"] == pytest.approx(row["zero_gamma"], abs=0.5)


def test_after_the_last_expiration_nothing_is_left_and_a_reason_says_so() -> None:
    row = rolled(usual())["field", QUARTERLY]
    assert row["expiring_gross_gex"] > 0
    for name in ("net_gex", "gross_gex", "net_gex_se", "call_wall", "put_wall", "zero_gamma", "zero_gamma_se"):
        assert row[name] is None, name
    assert {row[f"{name}_reason"] for name in ("call_wall", "put_wall", "zero_gamma")} == {"no_exposure"}
    assert row["strikes"] == 0


def test_no_more_expirations_are_shown_than_the_schema_says() -> None:
    strikes = [6_800.0 + 25 * k for k in range(9)]
    evening = Evening.of([(ODTE + k * DAY, "ESH6", strikes) for k in range(EXPIRATIONS_SHOWN + 3)])
    found = rolled(evening)
    shown = [expires for name, expires in found if name == "field"]
    assert shown == [ODTE + k * DAY for k in range(EXPIRATIONS_SHOWN)]
    assert found["field", shown[-1]]["gross_gex"] > 0


def test_it_says_what_it_is_made_of() -> None:
    row = rolled(usual())["field", ODTE]
    assert (row["session_date"], row["ts_open"], row["ts_known"]) == (SESSION.session_date, SESSION.open_ns, PUBLISHED)
    assert (row["weight_used"], row["scale"], row["underlying"]) == ("open_interest", "usd_per_1pct", "ESH6")


def test_without_open_interest_nothing_is_known_to_end() -> None:
    row = rolled(without_open_interest(usual(), {ODTE, QUARTERLY}))["field", ODTE]
    assert (row["expiring_gross_gex"], row["expiring_share"], row["net_gex"]) == (None, None, None)


def test_without_settlements_or_conventions_there_are_no_rows() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 9]
    assert rolled(evening) == {}
    for name in ("open_levels", "open_roll_off", "open_changes"):
        assert tables_of(usual(), conventions=[BUILT_IN["flow"]])[name].num_rows == 0

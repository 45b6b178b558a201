"""Two openings from delivered statistics and definitions: what a Sunday's files no longer name, and the sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.market.expirations import settlement_ns
from gex_assets.market.products import FAMILIES
from gex_assets.market.sessions import session_after, session_before
from gex_assets.schemas.vendor_shapes import CLAIMED, MAPPED_SYMBOLS, SEEN_INSTRUMENTS, STATISTICS
from gex_assets.stages.bronze.instrument_names import option_names
from gex_assets.stages.bronze.instruments import option_instruments, selected_as_of
from gex_assets.stages.expirations_in_force import HowMany
from gex_assets.stages.premarket.opening import Opening
from gex_assets.stages.premarket.tables import premarket_tables, two_openings
from gex_assets.time_units import SECOND_NS, midnight_ns
from gex_assets_tests.stages.made_up_day import RATE, black76
from gex_assets_tests.stages.premarket.made_up_settlements import TICK, YEAR, F, choices

THURSDAY, FRIDAY, SUNDAY, MONDAY = (date(2026, 1, day) for day in (8, 9, 11, 12))
STRIKES = [6_700.0 + 25 * k for k in range(17)]
ENDS_ON_FRIDAY, ENDS_ON_MONDAY, QUARTERLY = "EW2F6", "E2AF6", "ESH6"
HALF_AN_HOUR = 1_800 * SECOND_NS


def symbols(*series: str) -> list[str]:
    return [f"{one} {right}{strike:.0f}" for one in series for strike in STRIKES for right in "CP"]


EVERY = symbols(ENDS_ON_FRIDAY, ENDS_ON_MONDAY, QUARTERLY)


def instruments(
    names: Sequence[str], day: date, *, expirations: HowMany = "all", families: Collection[str] = FAMILIES
) -> pa.Table:
    """Terms by symbol, as of the session that follows the day."""
    mapped = pa.Table.from_pylist(
        [{"instrument_id": 1_000 + EVERY.index(name), "raw_symbol": name, "job_id": ""} for name in names], schema=MAPPED_SYMBOLS
    )
    return option_instruments(
        names=option_names(mapped=[mapped], definitions=None, product="ES", day=day, families=families, tally=Counter()),
        definitions=None,
        seen=SEEN_INSTRUMENTS.empty_table(),
        claims=CLAIMED.empty_table(),
        day=session_after(product="ES", day=day).session_date,
        max_dte=75,
        expirations=expirations,
        tally=Counter(),
    )


def statistics(*dates: date) -> list[pa.Table]:
    """Settlements and open interest about these dates, each in a file of its own, with ids that hold in that file alone."""
    files = []
    terms = {row["raw_symbol"]: row for row in instruments(EVERY, FRIDAY).to_pylist()}
    for about in dates:
        settled, rows = settlement_ns(about), []
        for number, name in enumerate(EVERY):
            row, own = terms[name], {"instrument_id": number, "raw_symbol": name, "file_date": about}
            T = (row["ts_expiration"] - settled) / YEAR
            moment = {"ts_recv": settled + HALF_AN_HOUR, "ts_event": settled, "ts_recv_behind": 0, "ts_ref": midnight_ns(about)}
            rest = {"sequence": 0, "stat_flags": 1, "update_action": 1, "price": None, "quantity": None}
            if T > 0:
                sigma = 0.15 + 0.01 * (about.day % 3)
                fair = black76(F=F, K=row["strike"], T=T, sigma=sigma, r=RATE, is_call=row["right"] == "C")
                rows.append(own | moment | rest | {"stat_type": 3, "price": round(fair / TICK) * TICK})
            rows.append(own | moment | rest | {"stat_type": 9, "quantity": 100 + 7 * number + about.day})
        files.append(pa.Table.from_pylist(rows, schema=STATISTICS))
    return files


def openings(
    day: date, names: Sequence[str], said: Sequence[pa.Table], *, tally: Counter[str] | None = None, **chosen: Any
) -> tuple[Opening, Opening]:
    session = session_after(product="ES", day=day)
    return two_openings(
        said,
        instruments=instruments(names, day, **chosen),
        product="ES",
        session=session,
        before=session_before(product="ES", session_date=session.session_date),
        choices=replace(choices(), **chosen),
        tally=Counter() if tally is None else tally,
    )


def tables(day: date, names: Sequence[str], said: Sequence[pa.Table], **changes: Any) -> dict[str, pa.Table]:
    opening, before = openings(day, names, said, **changes)
    return premarket_tables(opening, before=before, choices=choices(), tally=Counter())


def test_what_ended_on_friday_is_known_on_sunday_by_the_symbols_of_the_statistics() -> None:
    """Sunday's definitions list what is alive: the tables are those of Friday all the same."""
    said = statistics(THURSDAY, FRIDAY)
    counts: list[Counter[str]] = [Counter(), Counter()]
    friday, sunday = (
        tables(day, names, said, tally=tally)
        for day, names, tally in (
            (FRIDAY, EVERY, counts[0]),
            (SUNDAY, symbols(ENDS_ON_MONDAY, QUARTERLY), counts[1]),
        )
    )
    for name in ("open_chain", "open_changes", "open_roll_off"):
        assert friday[name].num_rows
        assert friday[name].equals(sunday[name]), name
    (row,) = [row for row in sunday["open_changes"].to_pylist() if (row["convention"], row["scope"]) == ("field", "all")]
    assert (row["session_before"], row["session_date"]) == (FRIDAY, MONDAY)
    assert row["net_gex_change_expired"] != 0.0
    assert row["change_reason"] is None
    # What is counted is of the date's own options: on Sunday the statistics of ended ones are of no outright of the day.
    ended = len(symbols(ENDS_ON_FRIDAY))
    assert counts[1]["other_instrument"] == 3 * ended
    assert counts[0]["other_instrument"] == 0


def test_ids_of_ended_options_hold_although_another_option_has_them_today() -> None:
    """Files number their options from 0; instruments from 1,000: only symbols connect them."""
    names = symbols(ENDS_ON_MONDAY, QUARTERLY)
    _, before = openings(SUNDAY, names, statistics(THURSDAY, FRIDAY))
    ids = before.ladders.instrument_ids.tolist()
    assert len(ids) == len(set(ids)) == len(EVERY)


def test_a_family_that_is_not_kept_has_not_ended_either() -> None:
    found = openings(SUNDAY, symbols(ENDS_ON_MONDAY, QUARTERLY), statistics(THURSDAY, FRIDAY), families=("daily", "quarterly"))
    assert len(found[1].ladders.by_expiration) == 2


def test_the_session_before_is_settled_on_the_date_before_its_own() -> None:
    opening, before = openings(FRIDAY, EVERY, statistics(THURSDAY, FRIDAY))
    assert (opening.chain.trade_date, before.chain.trade_date) == (FRIDAY, THURSDAY)
    assert (opening.open_interest_date, before.open_interest_date) == (FRIDAY, THURSDAY)
    assert (opening.session.session_date, before.session.session_date) == (MONDAY, FRIDAY)


def test_after_a_holiday_the_session_before_is_the_last_trade_date() -> None:
    """Monday, 19 January 2026, is no trade date: Tuesday's session follows Friday's."""
    friday, monday = date(2026, 1, 16), date(2026, 1, 19)
    names = symbols(QUARTERLY)
    opening, before = openings(monday, names, statistics(friday - timedelta(days=1), friday))
    assert opening.session.session_date == date(2026, 1, 20)
    assert before.session.session_date == friday
    assert (opening.chain.trade_date, before.chain.trade_date) == (friday, friday - timedelta(days=1))


def test_the_scope_selected_of_the_session_before_is_what_the_settings_chose_then() -> None:
    opening, before = openings(FRIDAY, EVERY, statistics(THURSDAY, FRIDAY), expirations="front")
    expires = {one.ts_expiration for one in opening.ladders.by_expiration}
    assert before.selected == {min(expires)}
    assert opening.selected == {sorted(expires)[1]}


@pytest.mark.parametrize("said", [[], [STATISTICS.empty_table()]])
def test_without_statistics_no_table_has_rows(said: list[pa.Table]) -> None:
    assert {name: table.num_rows for name, table in tables(SUNDAY, EVERY, said).items() if table.num_rows} == {}
    assert {name: table.num_rows for name, table in tables(SUNDAY, [], said).items() if table.num_rows} == {}


def test_selection_as_of_another_date_keeps_all_options_and_their_order() -> None:
    listed = instruments(EVERY, FRIDAY, expirations="front")
    found = selected_as_of(listed, day=FRIDAY, max_dte=75, expirations="front")
    assert found.schema == listed.schema
    assert found["instrument_id"].equals(listed["instrument_id"])
    rows = found.to_pylist()
    assert {row["raw_symbol"].split()[0]: row["dte"] for row in rows} == {
        ENDS_ON_FRIDAY: 0,
        ENDS_ON_MONDAY: 3,
        QUARTERLY: 70,
    }
    reasons = {row["raw_symbol"].split()[0]: row["selection_reason"] for row in rows}
    assert reasons == {
        ENDS_ON_FRIDAY: "front",
        ENDS_ON_MONDAY: "successor_on_expiration_day",
        QUARTERLY: "not_front",
    }

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import numpy as np
import pytest

from gex_assets.errors import SettingsError
from gex_assets.sample import market as sample_market
from gex_assets.sample import truth
from gex_assets.sample.files.defects import RECORD_FAULTS, Planter
from gex_assets.sample.market import make_sample
from gex_assets.sample.market_day import MarketDay
from gex_assets.sample.options import budget
from gex_assets.sample.options.budget_loop import MOST_DUE, MOST_OF_AN_INSTRUMENT
from gex_assets.sample.options.feed import option_blocks
from gex_assets.sample.profile import SHARES, profile
from gex_assets.sample.seeds import generator
from gex_assets_tests.sample.made_up_samples import TUESDAY, Made
from gex_assets_tests.sample.plain_book import PlainBook, event_shapes, live, plain_rows

pytestmark = pytest.mark.long

NS = 10**9
FIVE_MINUTES = (time(14, 30), time(14, 35))
MINUTE = (time(14, 30), time(14, 31))
RECORDS = 200_000
SERIES = ["ESH6", "ESM6", "ESU6", "ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7", "ESZ8", "ESZ9", "ESZ0"]


@pytest.fixture(scope="module")
def full(make: Callable[..., Made]) -> Made:
    return make(profile="full", records=RECORDS, session=FIVE_MINUTES)


def series_of(made: Made, records: np.ndarray) -> np.ndarray:
    """Position of each record's expiration, -1 for spreads."""
    ids = np.array([option.instrument_id for option in made.market.listing.options])
    symbols = [contract.symbol for contract in made.market.listing.contracts]
    own = np.array([symbols.index(option.contract.symbol) for option in made.market.listing.options])
    order = np.argsort(ids)
    place = np.clip(np.searchsorted(ids[order], records["instrument_id"]), 0, len(ids) - 1)
    return np.where(ids[order][place] == records["instrument_id"], own[order][place], -1)


def blocks_of(market: MarketDay) -> list[np.ndarray]:
    return list(option_blocks(market, Planter((), generator(1, "none"))))


def test_the_file_has_the_records_asked_for(full: Made) -> None:
    assert len(full.records("option_mbo")) == pytest.approx(RECORDS, rel=0.003)


def test_eleven_expirations_have_their_real_ladders_and_shares(full: Made) -> None:
    assert [contract.symbol for contract in full.market.listing.contracts] == SERIES
    strikes = [len(own) for own in full.market.strikes]
    assert strikes == [190, 141, 138, 141, 123, 113, 104, 130, 97, 94, 75]
    own = series_of(full, full.records("option_mbo"))
    shares = np.bincount(own[own >= 0], minlength=11) / len(own)
    assert np.allclose(shares, SHARES, atol=0.003)
    assert sum(SHARES) == pytest.approx(1.0, abs=1e-3)


def test_every_quoted_instrument_says_something(full: Made) -> None:
    records = live(full.records("option_mbo"))
    quoted = np.unique(records["instrument_id"])
    assert len(quoted) > 0.75 * len(full.market.listing.options)


def test_messages_and_event_shapes_have_their_shares(full: Made) -> None:
    records = live(full.records("option_mbo"))
    records = records[series_of(full, records) >= 0]
    actions = {name: np.mean(records["action"] == name.encode()) for name in "ACMTF"}
    assert 0.30 < actions["A"] < 0.42
    assert abs(actions["A"] - actions["C"]) < 0.01
    assert 0.22 < actions["M"] < 0.36
    assert 0.0001 < actions["T"] <= actions["F"] < 0.001
    shapes = event_shapes(records)
    assert {"A", "C", "M", "TFC", "TFM"} <= set(shapes)
    assert sum(count for shape, count in shapes.items() if shape not in {"A", "C", "M", "R"} and "T" not in shape) == 0


def test_every_record_refers_to_what_rests_and_no_book_is_crossed(full: Made) -> None:
    for kind in ("option_mbo", "future_mbo"):
        book = PlainBook()
        book.apply_all(full.records(kind))
        assert book.complaints == {}, kind
        assert book.crossed == [], kind


def test_near_the_money_quotes_stand_around_the_true_price(full: Made) -> None:
    market, records = full.market, full.records("option_mbo")
    book, inside, errors = PlainBook(), [], []
    begun = 0
    for minute in (1, 2, 3, 4):
        moment = market.path.start_ns + minute * 60 * NS
        stop = int(np.searchsorted(records["ts_recv"].astype(np.int64), moment))
        for row in plain_rows(records[begun:stop]):
            book.apply(row)
        begun, step = stop, minute * 240 - 1
        fair = market.option_prices(
            index=market.path.index[[step]], ts_ns=np.array([moment]), drift=market.path.drift[[step // 20]]
        )[0]
        price = market.forward(series=0, index=market.path.index[step], ts_ns=moment)
        for option, value in zip(market.listing.options, fair, strict=True):
            if option.contract.symbol == "ESH6" and abs(option.strike - price) < 200:
                bid, ask = (np.nan if best is None else best / NS for best in book.best(option.instrument_id))
                inside.append(bid <= value + 0.05 and value - 0.05 <= ask)
                errors.append((bid + ask) / 2 - value)
    assert np.mean(inside) > 0.95
    assert np.nanstd(errors) < 0.12
    assert abs(np.nanmean(errors)) < 0.02


def test_times_are_the_venues(full: Made) -> None:
    records = live(full.records("option_mbo"))
    assert np.all(np.diff(records["ts_recv"].astype(np.int64)) >= 0)
    latency = records["ts_recv"].astype(np.int64) - records["ts_event"].astype(np.int64)
    assert 95_000 < np.median(latency) < 160_000
    assert set(np.unique(records["flags"]).tolist()) == {0, 130}
    assert 12_800 <= records["ts_in_delta"].min() < np.median(records["ts_in_delta"]) < 20_000
    steps = np.diff(records["sequence"].astype(np.int64))
    assert 0.0 < np.mean(steps == 0) < 0.3
    assert np.any(steps < 0)
    assert records["ts_recv"].max() < full.market.path.end_ns


def test_a_records_size_on_the_disk_is_a_real_ones(full: Made) -> None:
    file = next(one.file for one in full.report.files if one.kind == "option_mbo")
    assert 20 < file.size_bytes / file.records < 25


def test_the_bytes_do_not_depend_on_where_the_tape_is_drained_nor_on_threads(
    full: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {one.kind: one.file.sha256 for one in full.report.files if one.day == full.day}
    monkeypatch.setattr(budget, "DRAIN", 3_001)
    monkeypatch.setattr(sample_market, "COMPRESSING", 1)
    report = make_sample(tmp_path, start=TUESDAY, days=1, session=FIVE_MINUTES, profile="full", records=RECORDS)
    assert {one.kind: one.file.sha256 for one in report.files if one.day == full.day} == expected


def test_memory_does_not_grow_with_the_records(make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "DRAIN", 10_000)
    peaks, records, longest = [], [], []
    for asked in (60_000, 360_000):
        market = sample_market.market_day(
            product=sample_market.product_of("ES"),
            day=TUESDAY,
            session=MINUTE,
            profile=budget.budgeted(profile("full"), records=asked, product="ES", session=MINUTE),
            seed=7,
        )
        tracemalloc.start()
        lengths = [len(block) for block in option_blocks(market, Planter((), generator(1, "none")))]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        records.append(sum(lengths))
        longest.append(max(lengths[1:]))
    assert records[1] > 5 * records[0]
    assert peaks[1] < 1.1 * peaks[0]
    assert max(longest) <= 10_000 + 2 * MOST_DUE + MOST_OF_AN_INSTRUMENT * len(market.listing.options)
    assert max(longest) < 20_000


def test_the_truth_covers_every_expiration_and_does_not_depend_on_its_parts(full: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = full.truth("windows")
    assert set(windows["underlying"].to_pylist()) == set(SERIES)
    surface = full.truth("surface")
    assert set((surface["ts_window_end"].to_numpy() % (60 * NS)).tolist()) == {0}
    assert surface.group_by("ts_expiration").aggregate([]).num_rows == 11
    monkeypatch.setattr(truth, "MOST_CELLS", 2_000)
    parts = list(truth.surface_parts(full.market, windows))
    assert len(parts) > 2
    assert truth.pa.concat_tables(parts).equals(surface)
    assert full.truth("inventory").num_rows > 10
    assert full.truth("levels").num_rows == windows.num_rows // 11


def test_faults_are_planted_and_only_they_are_complained_about(make: Callable[..., Made]) -> None:
    made = make(profile="full", records=RECORDS, session=FIVE_MINUTES, defects=RECORD_FAULTS)
    assert set(made.report.defects) == set(RECORD_FAULTS)
    book = PlainBook()
    book.apply_all(made.records("option_mbo"))
    assert book.complaints["cancel of an unknown order"] == made.report.defects["unknown_cancel"]
    assert set(book.complaints) == {"cancel of an unknown order", "add of a resting order"}


def test_an_expiring_series_is_silent_from_its_expiration_on_and_the_others_have_its_records(make: Callable[..., Made]) -> None:
    made = make(profile="full", records=100_000, start=date(2026, 3, 20), session=(time(13, 25), time(13, 35)))
    front = made.market.listing.contracts[0]
    assert front.ts_expiration == made.market.path.start_ns + 300 * NS
    records = made.records("option_mbo")
    own = series_of(made, records)
    assert len(records) == pytest.approx(100_000, rel=0.02)
    assert not np.any((own == 0) & (records["ts_recv"] > front.ts_expiration + NS))
    book = PlainBook()
    book.apply_all(records)
    assert book.complaints == {}


def test_from_mid_2026_on_some_events_end_in_a_record_of_their_own(make: Callable[..., Made]) -> None:
    made = make(profile="full", records=60_000, start=date(2026, 7, 7), session=(time(14, 30), time(14, 32)))
    records = made.records("option_mbo")
    ends = np.flatnonzero(records["action"] == b"N")
    assert len(ends) > 0
    assert np.all(records["flags"][ends] == 130)
    assert np.all(records["flags"][ends - 1] == 0)
    assert np.array_equal(records["ts_event"][ends], records["ts_event"][ends - 1])
    assert np.array_equal(records["sequence"][ends], records["sequence"][ends - 1])
    book = PlainBook()
    book.apply_all(records)
    assert book.complaints == {}


def test_the_market_closes_and_opens_again(make: Callable[..., Made]) -> None:
    made = make(profile="full", records=60_000, session=(time(21, 58), time(23, 2)))
    records = live(made.records("option_mbo"))
    midnight = made.market.path.start_ns - (21 * 60 + 58) * 60 * NS
    closed, opens = midnight + 22 * 3600 * NS, midnight + 23 * 3600 * NS
    assert not np.any((records["ts_recv"] > closed + 60 * NS) & (records["ts_recv"] < opens - 15 * 60 * NS))
    assert np.sum((records["action"] == b"T") & (records["side"] == b"N")) > 3
    book = PlainBook()
    book.apply_all(made.records("option_mbo"))
    assert book.complaints == {}
    assert max(moment for moment, _ in book.crossed) < opens


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"records": 10}, "Expected from 50,000 to .* records for this part of a day, was 10"),
        ({"records": -1}, "was -1"),
        ({"records": 10_000_000}, "was 10,000,000"),
        ({"records": 60_000, "session": (time(22, 10), time(22, 11))}, "was 60,000"),
        ({"records": 100_000, "profile": "small"}, "Expected a number of records only with .*full.*, was 'small'"),
    ],
)
def test_a_number_of_records_that_cannot_be_is_refused(tmp_path: Path, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        make_sample(tmp_path, **{"start": TUESDAY, "days": 1, "profile": "full", "session": MINUTE, **arguments})  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_other_seeds_make_other_days(full: Made, tmp_path: Path) -> None:
    report = make_sample(tmp_path, start=TUESDAY, days=1, session=FIVE_MINUTES, profile="full", records=RECORDS, seed=8)
    hashes = {one.kind: one.file.sha256 for one in full.report.files}
    assert all(one.file.sha256 != hashes[one.kind] for one in report.files)

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import time
from pathlib import Path

import numpy as np
import pytest

from gex_assets.errors import BadFileError, SettingsError
from gex_assets.lake.dbn import reader as dbn
from gex_assets.sample.files.defects import FILE_FAULTS, IN_ALL, RECORD_FAULTS, parsed_defects
from gex_assets_tests.sample.made_up_samples import Made
from gex_assets_tests.sample.plain_book import PlainBook, live, read

MINUTE = (time(14, 30), time(14, 31))


def planted(made: Made, name: str) -> np.ndarray:
    table = made.truth("defects")
    return np.array(
        [
            index
            for index, defect in zip(table["record_index"].to_pylist(), table["defect"].to_pylist(), strict=True)
            if defect == name
        ]
    )


def test_names_on_the_command_line() -> None:
    assert parsed_defects("none") == frozenset()
    assert parsed_defects("all") == frozenset(IN_ALL)
    assert parsed_defects("odd_flag, truncated") == {"odd_flag", "truncated"}
    with pytest.raises(SettingsError, match="was nonsense"):
        parsed_defects("odd_flag,nonsense")


def test_all_leaves_a_day_that_can_be_processed() -> None:
    assert set(RECORD_FAULTS) < set(IN_ALL)
    assert set(IN_ALL) & set(FILE_FAULTS) == {"degraded"}


def test_every_record_fault_is_planted_and_written_down(faulty: Made) -> None:
    count = faulty.report.defects
    assert set(count) == set(RECORD_FAULTS)
    records = faulty.records("option_mbo")
    single = sum(number for name, number in count.items() if name != "stale_quotes")
    assert single / len(records) < 0.001
    assert Counter(faulty.truth("defects")["defect"].to_pylist()) == count


def test_without_faults_there_are_none(busy: Made) -> None:
    assert busy.report.defects == {}
    assert busy.truth("defects").num_rows == 0


def test_the_book_meets_exactly_the_planted_faults(faulty: Made) -> None:
    book = PlainBook()
    book.apply_all(faulty.records("option_mbo"))
    count = faulty.report.defects
    assert book.complaints == {
        "cancel of an unknown order": count["unknown_cancel"],
        "add of a resting order": count["duplicate_add"],
    }
    assert len(book.crossed) >= count["crossed_in_session"]


def test_unknown_cancels_and_duplicate_adds_are_where_the_truth_says(faulty: Made) -> None:
    records = faulty.records("option_mbo")
    for place in planted(faulty, "unknown_cancel"):
        assert records["action"][place] == b"C"
        assert np.sum(records["order_id"] == records["order_id"][place]) == 1
    for place in planted(faulty, "duplicate_add"):
        assert records["action"][place] == b"A"
        assert records["order_id"][place] == records["order_id"][place - 1]


def test_received_times_step_back_only_where_planted(faulty: Made) -> None:
    received = faulty.records("option_mbo")["ts_recv"].astype(np.int64)
    back = np.flatnonzero(np.diff(received) < 0) + 1
    assert back.tolist() == planted(faulty, "ts_recv_backstep").tolist()


def test_off_tick_prices_only_where_planted(faulty: Made) -> None:
    records = faulty.records("option_mbo")
    off = np.flatnonzero((records["price"] % 50_000_000 != 0) & (records["price"] < 2**62) & (records["action"] == b"A"))
    assert off.tolist() == planted(faulty, "off_tick_price").tolist()


def test_a_gap_is_flagged_before_the_clear_that_ends_it(faulty: Made) -> None:
    records = faulty.records("option_mbo")
    flagged = np.flatnonzero(records["flags"] & 4)
    assert flagged.tolist() == sorted(planted(faulty, "maybe_bad_book").tolist())
    for place in flagged:
        after = records[place + 1 :]
        own = after[after["instrument_id"] == records["instrument_id"][place]]
        clears = own[own["action"] == b"R"]
        assert len(clears) > 0


def test_odd_flags_only_where_planted(faulty: Made) -> None:
    odd = np.flatnonzero(faulty.records("option_mbo")["flags"] & (64 | 16 | 1))
    assert odd.tolist() == planted(faulty, "odd_flag").tolist()


def test_crossed_books_in_session_go_away_again(faulty: Made) -> None:
    records = faulty.records("option_mbo")
    for place in planted(faulty, "crossed_in_session"):
        order = records["order_id"][place]
        own = records[records["order_id"] == order]
        assert own["action"].tolist() == [b"A", b"C"]
        assert own["ts_recv"][1] > own["ts_recv"][0]


def test_stale_instruments_say_nothing_more_while_the_price_moves(faulty: Made) -> None:
    table = faulty.truth("defects").to_pandas()
    stale = table[table["defect"] == "stale_quotes"]
    since = int(stale["ts_recv"].iloc[0])
    records = live(faulty.records("option_mbo"))
    late = records[np.isin(records["instrument_id"], stale["instrument_id"]) & (records["ts_recv"] > since + 10**9)]
    assert not np.any(np.isin(late["action"], [b"M", b"T", b"F"]))
    strikes = {option.strike for option in faulty.market.listing.options if option.instrument_id in set(stale["instrument_id"])}
    assert 2 * len(strikes) <= len(stale)


@pytest.mark.parametrize("name", ["missing_definitions", "missing_statistics", "missing_futures"])
def test_a_kind_may_be_missing(make: Callable[..., Made], name: str) -> None:
    made = make(session=MINUTE, defects=(name,))
    kinds = {one.kind for one in made.report.files}
    gone = {
        "missing_definitions": "option_definition",
        "missing_statistics": "option_statistics",
        "missing_futures": "future_mbo",
    }[name]
    assert gone not in kinds
    assert len(kinds) == 3
    if name == "missing_statistics":
        assert made.truth("levels")["net_gex_usd"].null_count == made.truth("levels").num_rows


def test_a_truncated_file_is_shorter_than_its_manifest_says(make: Callable[..., Made]) -> None:
    made = make(session=MINUTE, defects=("truncated",))
    path = made.path("option_mbo")
    with pytest.raises(BadFileError):
        read(path)
    entry = _entry(path)
    assert entry["size"] > path.stat().st_size


def test_a_wrong_hash_spoils_the_manifest_alone(make: Callable[..., Made]) -> None:
    made = make(session=MINUTE, defects=("wrong_hash",))
    path = made.path("option_mbo")
    entry = _entry(path)
    assert entry["size"] == path.stat().st_size
    assert entry["hash"] != "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(read(path)) > 0


def test_a_wrong_schema_is_another_files_content_with_a_true_hash(make: Callable[..., Made]) -> None:
    made = make(session=MINUTE, defects=("wrong_schema",))
    path = made.path("option_mbo")
    assert dbn.read_header(path).schema == "definition"
    assert _entry(path)["hash"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def test_degraded_is_the_vendors_word_on_the_last_day(make: Callable[..., Made]) -> None:
    made = make(session=MINUTE, days=2, defects=("degraded",))
    conditions = json.loads((made.path("option_definition").parent / "condition.json").read_bytes())
    assert [one["condition"] for one in conditions] == ["available", "degraded"]


def _entry(path: Path) -> dict[str, object]:
    manifest = json.loads((path.parent / "manifest.json").read_bytes())
    found: dict[str, object] = next(entry for entry in manifest["files"] if entry["filename"] == path.name)
    return found

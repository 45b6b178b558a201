"""The checks of a table-day beyond the contract of its columns: pure functions without disk and Dagster.

Each function takes the data that it checks and returns a `Verdict`. A failed check in `BLOCKING` keeps the day from being
published; all others are non-blocking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.count_registry import COUNTS
from gex_assets.schemas.pages import PAGE_CHECKS
from gex_assets.wording import counted

__all__ = [
    "BLOCKING",
    "ODD_RECORDS",
    "Verdict",
    "a_file_is_there",
    "books_are_sane",
    "files_are_vouched_for",
    "forward_is_inside_its_bounds",
    "matches_schema",
    "moment_text",
    "names_and_terms_agree",
    "something_was_selected",
    "statistics_are_usable",
    "still_matches_schema",
    "tables_fit_each_other",
    "windows_cover_the_session",
]

BLOCKING: Final = ("matches_schema", "something_was_selected", "windows_cover_the_session")
"""Checks that reject a day when they fail."""

ODD_RECORDS: Final = (
    "unknown_cancel",
    "unknown_modify",
    "unknown_instrument",
    "duplicate_add",
    "excess_cancel",
    "odd_action",
    "odd_flag",
    "odd_side",
    "odd_size",
    "off_tick",
    "ts_recv_backstep",
    "undefined_price",
    "undefined_size",
    "crossed_in_session",
)
"""Kinds of records that the order book can process, but of which a healthy feed has few."""

_OTHER_FAMILY: Final = "other_family_"

WARN_SHARE: Final = 0.001
"""Share of odd records above which `books_are_sane` warns."""

FAIL_SHARE: Final = 0.05
"""Share of odd records above which `books_are_sane` fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Result of one check.

    Attributes
    ----------
    text : what was found.
    severity : of a failure: an error, or a warning, which never rejects a day.
    todo : what to do about this failure; where it is empty, what `check_guide` says of the check.
    """

    name: str
    passed: bool
    text: str
    severity: Literal["error", "warn"] = "error"
    facts: Mapping[str, Any] = field(default_factory=dict)
    todo: str = ""

    @property
    def rejects(self) -> bool:
        """Whether the day of its table, or its page, may not be published."""
        return not self.passed and self.severity == "error" and self.name in (*BLOCKING, *PAGE_CHECKS)


def matches_schema(*, failures: list[str], rows: int) -> Verdict:
    """Every column has the type, range and order that the schema states."""
    text = "; ".join(failures) if failures else f"{rows:,} rows match the schema"
    return Verdict(name="matches_schema", passed=not failures, text=text, facts={"rows": rows, "failures": failures})


def still_matches_schema(*, rows: int) -> Verdict:
    """The file is the one that was checked when it was published; its contract is not checked a second time."""
    text = f"{rows:,} rows, unchanged since they were published and checked"
    return Verdict(name="matches_schema", passed=True, text=text, facts={"rows": rows, "failures": []})


def a_file_is_there(*, files: int, table: str) -> Verdict:
    """At least one file of this kind was delivered for the day."""
    text = counted(files, "file") if files else f"Expected a file for {table}, was none: everything below it will be empty"
    return Verdict(name="a_file_is_there", passed=files > 0, text=text, severity="warn", facts={"files": files})


def files_are_vouched_for(files: pa.Table) -> Verdict:
    """A manifest stated each file's hash, and the vendor states that the day's data are available."""
    without = [row["file_name"] for row in files.to_pylist() if row["sha256_expected"] is None]
    degraded = [row["file_name"] for row in files.to_pylist() if row["condition"] == "degraded"]
    complaints = []
    if without:
        complaints.append(f"Expected a manifest with the hash of each file, was none for {', '.join(without)}")
    if degraded:
        complaints.append(f"Expected the condition available, was degraded for {', '.join(degraded)}")
    return Verdict(
        name="files_are_vouched_for",
        passed=not complaints,
        text="; ".join(complaints) or "every hash as stated, condition available or not stated",
        severity="warn",
        facts={"files": files.num_rows, "without_expected_hash": without, "degraded": degraded},
    )


def something_was_selected(instruments: pa.Table, *, max_dte: int, tally: Mapping[str, int]) -> Verdict:
    """Where outright options of any family were delivered, some are selected; a series beyond `max_dte` is a warning.

    Parameters
    ----------
    instruments : `bronze_option_instruments` of one day.
    max_dte : the setting [days].
    tally : counts of that table: `other_family_{family}` are the outrights of families that are not enabled.
    """
    name = "something_was_selected"
    rows = instruments.num_rows
    selected = instruments.filter(instruments["selected"])
    reasons, enabled = (_value_counts(instruments[column]) for column in ("selection_reason", "family"))
    others = {key.removeprefix(_OTHER_FAMILY): count for key, count in tally.items() if key.startswith(_OTHER_FAMILY) and count}
    facts = {
        "instruments": rows,
        "selected": selected.num_rows,
        "reasons": reasons,
        "families": enabled,
        "other_families": others,
    }
    if rows == 0 and not others:
        text = "Expected outright options of the product, was no option input"
        return Verdict(name=name, passed=False, text=text, severity="warn", facts=facts)
    if selected.num_rows == 0:
        came = ", ".join(f"{count:,} {family} (not enabled)" for family, count in others.items())
        came = "; ".join(part for part in (_listed(enabled), came, _listed(reasons)) if part)
        text = f"Expected some of the outright options delivered to be selected, was none of {came}: see option_families, max_dte"
        return Verdict(name=name, passed=False, text=text, facts=facts)
    if set(selected["selection_reason"].cast(pa.string()).to_pylist()) == {"nearest_beyond_max_dte"}:
        dte = pc.min(selected["dte"]).as_py()
        text = f"Expected a series within {max_dte} days, was none; the nearest, {dte} days away, is used"
        return Verdict(name=name, passed=False, text=text, severity="warn", facts=facts)
    return Verdict(name=name, passed=True, text=f"{selected.num_rows:,} of {rows:,} instruments are used", facts=facts)


def windows_cover_the_session(*, found: np.ndarray, expected: np.ndarray) -> Verdict:
    """The table has rows for every window of the session and for no other.

    Parameters
    ----------
    found : (n,) int64 distinct `ts_window_end` of the table. [ns]
    expected : (m,) int64 ends of the session's windows from the first listed instrument on; empty without input. [ns]
    """
    missing = np.setdiff1d(expected, found)
    extra = np.setdiff1d(found, expected)
    facts = {"windows": len(found), "expected": len(expected), "missing": len(missing), "extra": len(extra)}
    if not len(missing) and not len(extra):
        return Verdict(name="windows_cover_the_session", passed=True, text=f"all {len(found):,} windows", facts=facts)
    text = f"Expected {len(expected):,} windows, was {len(found):,}"
    if len(missing):
        text += f"; {len(missing):,} missing from {moment_text(missing[0])} on"
    if len(extra):
        text += f"; {len(extra):,} beyond the session from {moment_text(extra[0])} on"
    return Verdict(name="windows_cover_the_session", passed=False, text=text, facts=facts)


def books_are_sane(tally: Mapping[str, int]) -> Verdict:
    """Few records are odd: a warning above 0.1 %, a failure above 5 %, which rejects nothing.

    Of unmapped ids no file has more than 5 %, however large the others are.

    Parameters
    ----------
    tally : counts of the order book or of bronze: `records`, each kind of `ODD_RECORDS`, and of the file with the largest share
        of records without a name `worst_file_unmapped` and `worst_file_records`.
    """
    records = tally.get("records", 0)
    odd = {kind: tally[kind] for kind in ODD_RECORDS if tally.get(kind)}
    share = sum(odd.values()) / records if records else 0.0
    facts = {"records": records, "odd_records": sum(odd.values()), "share": share, "by_kind": odd}
    text = f"{share:.4%} of {records:,} records are odd" + (f": {_listed(odd)}" if odd else "")
    unmapped, in_file = (tally.get(f"worst_file_{name}", 0) for name in ("unmapped", "records"))
    if in_file and unmapped > FAIL_SHARE * in_file:
        text = f"{unmapped / in_file:.4%} of {in_file:,} records of one file are of unmapped ids; {text}"
        return Verdict(name="books_are_sane", passed=False, text=f"Expected at most {FAIL_SHARE:.0%}, was {text}", facts=facts)
    if share > FAIL_SHARE:
        return Verdict(name="books_are_sane", passed=False, text=f"Expected at most {FAIL_SHARE:.0%}, was {text}", facts=facts)
    if share > WARN_SHARE:
        text = f"Expected at most {WARN_SHARE:.1%}, was {text}"
        return Verdict(name="books_are_sane", passed=False, text=text, severity="warn", facts=facts)
    return Verdict(name="books_are_sane", passed=True, text=text, facts=facts)


def names_and_terms_agree(tally: Mapping[str, int]) -> Verdict:
    """Headers and definitions say the same of every instrument, with terms that are possible.

    Parameters
    ----------
    tally : counts of `bronze_option_instruments` or `bronze_future_mbo`.
    """
    return _nothing_of("names_and_terms_agree", tally, expected="files that agree on names and terms")


def tables_fit_each_other(tally: Mapping[str, int]) -> Verdict:
    """No row is left out because two tables, or two instruments, contradict each other.

    Parameters
    ----------
    tally : counts of a table made of others.
    """
    return _nothing_of("tables_fit_each_other", tally, expected="tables without contradictions")


_UNUSABLE: Final = ("refused_earlier_file", "negative_quantity", "undated_statistic")


def statistics_are_usable(tally: Mapping[str, int]) -> Verdict:
    """Every statistics file that counts could be read, and at most 5 % of its records are of unmapped ids.

    Parameters
    ----------
    tally : counts of `bronze_option_statistics`.
    """
    name, records = "statistics_are_usable", tally.get("records", 0)
    share = tally.get("unmapped_statistic", 0) / records if records else 0.0
    faults = {kind: tally[kind] for kind in _UNUSABLE if tally.get(kind)}
    faults |= {"unmapped_statistic": tally["unmapped_statistic"]} if share > FAIL_SHARE else {}
    text = f"Expected files that can be read and records of mapped ids, was {_listed(faults)} of {records:,} records"
    return Verdict(
        name=name,
        passed=not faults,
        text=text if faults else f"{records:,} records read",
        severity="warn",
        facts={"records": records, "unmapped_share": share, "by_kind": faults},
    )


def _nothing_of(name: str, tally: Mapping[str, int], *, expected: str) -> Verdict:
    """A warning where a count is not 0 whose entry names this check as its reader."""
    found = {count.name: tally[count.name] for count in COUNTS if name in count.read_by and tally.get(count.name)}
    text = f"Expected {expected}, was {_listed(found)}" if found else "nothing contradicts"
    return Verdict(name=name, passed=not found, text=text, severity="warn", facts={"by_kind": found})


def forward_is_inside_its_bounds(forward: pa.Table, *, allowed_share: float = 0.01) -> Verdict:
    """forward_lower - forward_se <= forward <= forward_upper + forward_se, checked where forward_lower <= forward_upper.

    Parameters
    ----------
    forward : columns forward, forward_se, forward_lower, forward_upper of `silver_forward`. [index points]
    allowed_share : greatest share of checked windows outside with which the check passes.
    """
    mid, error, lower, upper = (forward[name].to_numpy() for name in ("forward", "forward_se", "forward_lower", "forward_upper"))
    judged = np.isfinite(mid) & np.isfinite(error) & (lower <= upper)
    outside = judged & ((mid < lower - error) | (mid > upper + error))
    share = float(outside.sum() / judged.sum()) if judged.any() else 0.0
    facts = {"windows": len(mid), "judged": int(judged.sum()), "outside": int(outside.sum()), "share": share}
    text = f"{share:.2%} of {int(judged.sum()):,} checked windows are outside"
    return Verdict(
        name="forward_is_inside_its_bounds",
        passed=share <= allowed_share,
        text=text if share <= allowed_share else f"Expected at most {allowed_share:.0%}, was {text}",
        severity="warn",
        facts=facts,
    )


def _value_counts(column: pa.ChunkedArray) -> dict[str, int]:
    return {str(item["values"]): int(item["counts"]) for item in pc.value_counts(column.cast(pa.string())).to_pylist()}


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())


def moment_text(ts_ns: int) -> str:
    """A moment for people, to the second; `ts_ns` in UNIX ns."""
    return datetime.fromtimestamp(int(ts_ns) / 1e9, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

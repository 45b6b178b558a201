"""Checks of deliveries: that the latest day has come, and that a day's files are read as they were asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, time
from typing import Any, Final

import pyarrow as pa

from gex_assets.schemas.checks import WARN_SHARE, Verdict
from gex_assets.wording import counted

__all__ = ["CLAIM_COLUMNS", "claim_complaints", "claims_are_whole", "latest_day_has_come"]

CLAIM_COLUMNS: Final = (
    "path",
    "records",
    "limit",
    "not_found",
    "superseded",
    "superseded_by",
    "unclaimed",
    "unmapped",
    "set_aside",
    "is_tied",
)


def claims_are_whole(files: pa.Table) -> Verdict:
    """Every record that was delivered is read, and everything that was asked for was delivered.

    Parameters
    ----------
    files : a raw table of one day.
    """
    complaints = [*claim_complaints(files), *_not_found(files)]
    counts = {name: sum(files[name].to_pylist()) for name in ("records", "superseded", "unclaimed", "unmapped")}
    return Verdict(
        name="claims_are_whole",
        passed=not complaints,
        text="; ".join(complaints) or f"{counted(files.num_rows, 'file')}, read as asked for",
        severity="warn",
        facts={**counts, "set_aside": [path for paths in files["set_aside"].to_pylist() for path in paths]},
    )


def claim_complaints(files: pa.Table) -> list[str]:
    """What is superseded, cut, set aside or unmapped in the files of a raw table, in words."""
    return [complaint for row in files.select(list(CLAIM_COLUMNS)).to_pylist() for complaint in _complaints(row)]


def _not_found(files: pa.Table) -> Iterator[str]:
    for row in files.select(["path", "not_found"]).to_pylist():
        if row["not_found"]:
            yield f"{row['path']}: Expected every symbol of the request to be found, was not: {', '.join(row['not_found'])}"


def _complaints(row: dict[str, Any]) -> Iterator[str]:
    path = row["path"]
    if row["superseded"]:
        yield f"{path}: {row['superseded']:,} records are superseded by {', '.join(row['superseded_by'])}"
    if row["is_tied"]:
        yield f"{path}: Expected a later request or ingest to decide what is read, was equal: the larger sha256 decides"
    if row["unclaimed"]:
        yield f"{path}: Expected records within the time of its request, was {row['unclaimed']:,} outside it; they are not read"
    if row["unmapped"] > WARN_SHARE * row["records"]:
        share = row["unmapped"] / row["records"]
        yield f"{path}: Expected a name for every instrument, was none for {row['unmapped']:,} records ({share:.2%})"
    if row["limit"] is not None and row["records"] >= row["limit"]:
        yield f"{path}: Expected all records, was a request that its limit of {row['limit']:,} cut short"
    for other in row["set_aside"]:
        yield f"{other}: Expected a file that verifies, was none; it is set aside, as {path} covers all that it was asked for"


def latest_day_has_come(*, day: date, expected: Collection[str], there: Collection[str], due: time) -> Verdict:
    """The last trading day that is due was delivered, with every kind of file that the delivered day before it had.

    Parameters
    ----------
    day : the day that should have come.
    expected, there : kinds of files. Where nothing is expected, nothing is delivered any more.
    due : on Chicago's clock, of the day after.
    """
    lacking = [kind.replace("_", " ") for kind in sorted({*expected} - {*there})]
    by = f"{due:%H:%M} in Chicago on the day after"
    text = f"The latest day that is due, {day}, has come: {counted(len({*there}), 'kind')} of files"
    if not expected:
        text = f"Nothing is expected of the latest day that is due, {day}: none of the days shortly before it was delivered"
    elif lacking:
        came = "no file" if not there else f"no {', '.join(lacking)}"
        kinds = ", ".join(sorted(expected)).replace("_", " ")
        text = f"Expected {kinds} of the latest day that is due, {day}, by {by}, was {came}"
    return Verdict(
        name="latest_day_has_come",
        passed=not lacking,
        text=text,
        severity="warn",
        facts={"expected_day": str(day), "lacking": ", ".join(lacking) or "nothing", "due": by},
    )

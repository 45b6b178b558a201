"""Which choices stood behind a name and version of a convention when tables were first computed with it, in this lake.

Rows carry name and version only. So a convention that is changed under its old version would make rows that look like others and
are not. The choices are kept as a digest, and a changed convention of the same version is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Final

from gex_assets.conventions import BUILT_IN, Convention, no_such_convention
from gex_assets.errors import LakeError, SettingsError
from gex_assets.lake.notes.ledger import change_ledger, read_ledger
from gex_assets.lake.tables import Lake
from gex_assets.schemas.gold_trigger_vectors import NO_CONVENTION
from gex_assets.schemas.registry import OPEN_TABLES

__all__ = ["check_versions", "keep_versions", "refuse_gone", "refuse_unknown"]

_LEDGER: Final = "conventions"


def check_versions(lake: Lake, chosen: Iterable[Convention]) -> None:
    """Refuse a convention that is another one than that of its name and version in this lake. Built-in ones are not looked at.

    Raises
    ------
    SettingsError
        Names the convention and says to raise its version.
    LakeError
        What is kept cannot be read.
    """
    own = _own(chosen)
    if own:
        _judge(read_ledger(lake.fs, _LEDGER), own)


def keep_versions(lake: Lake, chosen: Iterable[Convention]) -> None:
    """Check as `check_versions` does, and keep what is new.

    Raises
    ------
    SettingsError
        As `check_versions`.
    LakeError
        What is kept cannot be read or written.
    """
    own = _own(chosen)
    today = datetime.now(UTC).date().isoformat()

    def with_new(kept: dict[str, Any]) -> dict[str, Any]:
        _judge(kept, own)
        return {key: {"sha256": sha256, "since": today} for key, sha256 in own.items()} | kept

    if own:
        change_ledger(lake.fs, _LEDGER, with_new)


def refuse_unknown(lake: Lake, names: Iterable[str]) -> None:
    """Refuse names of conventions that no table of this lake can have: a misspelt one would find no rows and say nothing.

    Raises
    ------
    LakeError
        Names the conventions that there are, or what is kept cannot be read.
    """
    asked = sorted(set(names) - {*BUILT_IN, NO_CONVENTION})
    if not asked:
        return
    known = dict.fromkeys([*BUILT_IN, *sorted(key.split()[0] for key in read_ledger(lake.fs, _LEDGER))])
    for name in asked:
        if name not in known:
            raise LakeError(no_such_convention(name, known))


def refuse_gone(lake: Lake, table: str, names: Iterable[str], *, product: str, days: Collection[date]) -> None:
    """Refuse names of conventions that the settings had once, and with which neither the first nor the last of the days was made.

    That a table has no row of a convention says nothing: there may have been no trigger. So the levels of the day are asked.

    Raises
    ------
    LakeError
        Names the conventions of the last day, or a day cannot be read.
    """
    asked = set(names) - {*BUILT_IN, NO_CONVENTION}
    levels = "open_levels" if table in OPEN_TABLES else "silver_gex_levels"
    there: set[str] = set()
    for day in (min(days), max(days)) if asked and days else ():
        stored = lake.find(levels, product=product, day=day)
        if stored is None:  # nothing says what there is
            return
        there = set(stored.read(["convention"])["convention"].unique().to_pylist())
        asked -= there
    if asked and days:
        raise LakeError(f"{no_such_convention(min(asked), sorted(there))}; these are of {max(days)}")


def _own(chosen: Iterable[Convention]) -> dict[str, str]:
    """Digest of the choices behind each name and version."""
    own = {}
    for one in chosen:
        if one.name not in BUILT_IN:
            choices = {name: value for name, value in asdict(one).items() if name not in ("name", "version")}
            own[f"{one.name} {one.version}"] = hashlib.sha256(json.dumps(choices, sort_keys=True).encode()).hexdigest()
    return own


def _judge(kept: Mapping[str, Any], own: Mapping[str, str]) -> None:
    for key, sha256 in own.items():
        if key not in kept:
            continue
        try:
            before, since = str(kept[key]["sha256"]), str(kept[key]["since"])
        except (KeyError, TypeError) as error:
            raise LakeError(f"Expected a digest of the convention {key} in the lake's ledger, was: {kept[key]!r}") from error
        if before != sha256:
            name, version = key.split()
            raise SettingsError(
                f"convention {name}.version: Expected a number above {version}, because other choices stand under {version} "
                f"since {since} in this lake, was {version}: raise it, or restore the choices"
            )

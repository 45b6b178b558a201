"""`gex doctor`: what an installation needs, looked at one by one: fine, or why not and what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from gex_assets.errors import GexError
from gex_assets.settings import Settings, load

__all__ = ["Finding", "findings"]

_PYTHONS: Final = ((3, 11), (3, 14))
_ROOM_BYTES: Final = 5_000_000_000
"""Free disk below which a day of real size does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, and what was found.

    Attributes
    ----------
    is_fine : whether everything works; None where it works later or more slowly.
    said : what was found.
    to_do : what to do; empty where it is fine.
    """

    about: str
    is_fine: bool | None
    said: str
    to_do: str = ""


def findings(*, lake: Path | None) -> Iterator[Finding]:
    """Look at everything. Nothing is changed, and no lake is made."""
    yield _python()
    yield _packages()
    try:
        settings = load(lake=lake)
    except GexError as error:
        yield Finding(about="settings", is_fine=False, said=str(error), to_do="mend gex.toml or the variable GEX_…")
        return
    yield Finding(about="settings", is_fine=True, said=f"products {', '.join(settings.products)}, lake {settings.lake}")
    for look in (_lake, _disk):
        yield look(settings)
    for look_around in (_instance, _kernels):
        yield look_around()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    first, end = _PYTHONS
    if first <= sys.version_info[:2] < end:
        return Finding(about="Python", is_fine=True, said=version)
    return Finding(
        about="Python", is_fine=False, said=f"Expected 3.11, 3.12 or 3.13, was {version}", to_do="make demo PYTHON=python3.11"
    )


def _packages() -> Finding:
    """Whether every package is there in a version that fits."""
    from packaging.requirements import Requirement

    needed = [Requirement(text) for text in metadata.requires("gex-assets") or ()]
    wrong = []
    for one in needed:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version} is not {one.specifier}")
    if wrong:
        return Finding(
            about="packages", is_fine=False, said="; ".join(wrong), to_do="make demo installs the versions of requirements.lock"
        )
    return Finding(about="packages", is_fine=True, said=f"gex-assets {metadata.version('gex-assets')} with what it needs")


def _lake(settings: Settings) -> Finding:
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.ranges.latest import latest_day
    from gex_assets.lake.status import known_days
    from gex_assets.schemas.registry import TABLES

    try:
        lake = existing_lake(settings.lake)
        days = sorted({day for product in settings.products for day in known_days(lake, TABLES, product)})
    except GexError as error:
        return Finding(about="lake", is_fine=False, said=str(error), to_do="gex demo makes one, so does gex ingest PATH…")
    folder = settings.lake.absolute()
    if not os.access(folder, os.W_OK):
        return Finding(about="lake", is_fine=None, said=f"{folder} cannot be written", to_do="it can be asked; runs need another")
    if not days:
        return Finding(about="lake", is_fine=None, said=f"{folder} is empty", to_do="gex ingest PATH…, gex sample or gex demo")
    said = f"{folder}: {len(days):,} days, {days[0]} to {days[-1]}"
    found = [latest_day(lake, "silver_gex_levels", product) for product in settings.products]
    latest = max((day for day in found if day is not None), default=None)
    if latest is not None and latest != days[-1]:
        said += f"; the latest with levels is {latest}"
    return Finding(about="lake", is_fine=True, said=said)


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.lake.absolute(), *settings.lake.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:,.1f} GB free at {folder}"
    if free < _ROOM_BYTES:
        return Finding(about="disk", is_fine=None, said=said, to_do="a day of real size takes some 5 GB while it is made")
    return Finding(about="disk", is_fine=True, said=said)


def _instance() -> Finding:
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        return Finding(
            about="Dagster",
            is_fine=None,
            said="DAGSTER_HOME is not set: runs are not kept",
            to_do="make demo writes it into .env",
        )
    if not (Path(home).is_absolute() and Path(home).is_dir()):
        return Finding(
            about="Dagster",
            is_fine=False,
            said=f"Expected DAGSTER_HOME to be the absolute path of a folder, was {home!r}",
            to_do="make the folder, or write another path into .env",
        )
    return Finding(about="Dagster", is_fine=True, said=f"runs are kept in {home}")


def _kernels() -> Finding:
    from gex_assets.warm_up.compilation import is_compiled
    from gex_assets.warm_up.units import seconds_of

    if is_compiled():
        return Finding(about="kernels", is_fine=True, said="compiled")
    seconds = seconds_of("sample") + seconds_of("graph")
    return Finding(
        about="kernels",
        is_fine=None,
        said="not compiled yet",
        to_do=f"the first run compiles them, some {seconds:.0f} s of one core",
    )

"""Refused deliveries: what is kept of them, and whether the files are still those that were refused.

The raw asset of a day fails where one of its files is refused. The files stay where they are. The reason is kept in the lake
with their state, until the day is published or its files are taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from gex_assets.errors import BadFileError
from gex_assets.lake.filesystem import NO_WAITING, ObjectInfo, Waiting
from gex_assets.lake.freshness import HashOf, delivered_sha256, noted_sha256, sidecars_digest
from gex_assets.lake.raw.layout import RawKind, folder_of
from gex_assets.lake.rejections import RefusedFile, Rejection
from gex_assets.lake.tables import Lake

__all__ = ["is_still_refused", "refuse_files", "what_to_do"]

_EXPECTED: Final = re.compile(r"(?P<where>.*?):? ?Expected (?P<expected>.*?), was:? ?(?P<was>.*)", re.DOTALL)


def refuse_files(
    lake: Lake,
    *,
    kind: RawKind,
    product: str,
    day: date,
    error: BadFileError,
    files: Mapping[str, ObjectInfo],
    waiting: Waiting = NO_WAITING,
    is_running: bool = False,
) -> Rejection:
    """Keep why a day's files of a kind were refused.

    Parameters
    ----------
    error : of the verification; it names the file, what was expected and what was found.
    files : size, time and tag of all files of the kind and day by key, from before they were read.
    is_running : whether the day is not over.

    Raises
    ------
    LakeBusyError
        Another process is replacing the raw table of the day.
    LakeError
        The lake cannot be written.
    """
    text = str(error)
    found = _EXPECTED.fullmatch(text)
    where, expected, was = (found["where"], found["expected"], found["was"]) if found is not None else ("", "", text)
    named = [key for key in files if key in text] or [key for key in files if folder_of(key) in text]
    reason = f"{_short(where)}: Expected {expected}, was {was}" if where else text
    return lake.refuse(
        f"raw_{kind}",
        product=product,
        day=day,
        waiting=waiting,
        reason=f"refused: {reason}",
        failures=(what_to_do(day, is_running=is_running),),
        file=where or ", ".join(files),
        expected=expected,
        was=was,
        files={key: _state(lake, key, info, is_named=key in named) for key, info in files.items()},
    )


def is_still_refused(lake: Lake, rejection: Rejection, *, keys: Iterable[str], sha256: HashOf = delivered_sha256) -> bool:
    """Whether the files of a day are those that were refused: size, time and tag are the same, or else the bytes are.

    Parameters
    ----------
    rejection : of the raw table.
    keys : the files of its kind and day now.
    sha256 : finds the hash of a file of which size, time or tag changed.
    """
    refused = rejection.files
    return set(refused) == set(keys) and all(_is_same(lake, key, state, sha256) for key, state in refused.items())


def what_to_do(day: date, *, is_running: bool = False) -> str:
    """What a person can do about refused files. Of a day that is not over they may be still growing."""
    if is_running:
        return "deliver it again once it is complete, or remove it, then run `gex run --date today --partial`"
    return f"deliver it again, or remove it and run `gex run --date {day}`"


def _is_same(lake: Lake, key: str, refused: RefusedFile, sha256: HashOf) -> bool:
    info = lake.fs.info(key)
    if info is None or info.size_bytes != refused.size_bytes or sidecars_digest(lake, key) != refused.sidecars:
        return False
    if (info.modified_ns, info.tag) == (refused.modified_ns, refused.tag):
        return True
    return refused.sha256 is not None and sha256(lake, key) == refused.sha256


def _state(lake: Lake, key: str, info: ObjectInfo, *, is_named: bool) -> RefusedFile:
    """A file that is named is hashed, so that a touched one is known again. Others may be large and were not at fault."""
    # Of one that cannot be read, or that was replaced meanwhile, size, time and tag must do.
    sha256 = (delivered_sha256(lake, key) if is_named else noted_sha256(lake, key)) if lake.fs.info(key) == info else None
    return RefusedFile(info.size_bytes, info.modified_ns, info.tag, sha256 or None, sidecars_digest(lake, key))


def _short(where: str) -> str:
    """The job and the name of a file, for a line of text; the whole path is kept next to it."""
    parts = where.split("/")
    return "/".join(part for part in parts[-2:] if part and not part.startswith("table="))

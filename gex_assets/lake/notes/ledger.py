"""A small state of the whole lake as one JSON object, changed by one writer at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from gex_assets.errors import LakeConflictError, LakeError
from gex_assets.lake.filesystem import FileSystem, Waiting, disk_errors
from gex_assets.lake.keys import ledger_key

__all__ = ["change_ledger", "read_ledger"]

_ATTEMPTS: Final = 20
_WRITING_SECONDS: Final = 60.0
"""Writing takes milliseconds."""


def read_ledger(fs: FileSystem, name: str) -> dict[str, Any]:
    """The object; empty where there is none.

    Raises
    ------
    LakeError
        It cannot be read, or is no JSON object.
    """
    return _read(fs, ledger_key(name))[0]


def change_ledger(fs: FileSystem, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Replace the object by what `change` makes of it; nothing is written where that is the same.

    Parameters
    ----------
    change : called again where another process has replaced the object meanwhile.

    Raises
    ------
    LakeError
        It cannot be read or written.
    """
    key = ledger_key(name)
    for _ in range(_ATTEMPTS):
        before, tag = _read(fs, key)
        after = change(dict(before))
        if after == before:
            return
        try:
            with disk_errors(key):
                _replace(fs, key, after, tag)
        except LakeConflictError:
            continue
        return
    raise LakeError(f"Expected to write {key}, was replaced by others {_ATTEMPTS} times meanwhile")


def _replace(fs: FileSystem, key: str, content: Mapping[str, Any], tag: str) -> None:
    with fs.lock(key, Waiting(_WRITING_SECONDS)):
        fs.clear_staged(key)  # of a writer that was killed
        _publish(fs, key, content, tag)


def _publish(fs: FileSystem, key: str, content: Mapping[str, Any], tag: str) -> None:
    staged = fs.stage(key)
    try:
        staged.path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        staged.publish(replaces=tag)
    finally:
        staged.discard()


def _read(fs: FileSystem, key: str) -> tuple[dict[str, Any], str]:
    """The object, and the tag of its state."""
    info = fs.info(key)
    if info is None:
        return {}, ""
    try:
        found = json.loads(fs.read_bytes(key))
    except (OSError, ValueError) as error:
        raise LakeError(f"Expected a JSON object in {key}, was: {error}") from error
    if not isinstance(found, dict):
        raise LakeError(f"Expected a JSON object in {key}, was: {type(found).__name__}")
    return found, info.tag

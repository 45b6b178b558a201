"""Where a lake may be: a local folder. Anything that looks like the address of an object store is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from gex_assets.errors import LakeError

__all__ = ["local_folder"]

_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.ASCII | re.DOTALL)
"""A scheme of at least two letters: one letter is a drive. A path that was an address has lost one of its slashes."""


def local_folder(address: Path | str) -> Path:
    """Return the folder that `address` names.

    Raises
    ------
    LakeError
        It names something else, such as `s3://bucket/lake`.
    """
    found = _ADDRESS.fullmatch(str(address))
    if found is not None:
        raise LakeError(
            f"Expected a local folder for the lake, was {f'{found[1]}://{found[2]}'!r}: object stores are not supported yet."
            " Give a folder, or mount the store and give the folder where it is mounted"
        )
    return Path(address)

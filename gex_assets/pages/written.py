"""A page as a file of the user's: written whole or not at all, and over nothing but an earlier page of this package."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from gex_assets.errors import GexError

__all__ = ["GENERATOR", "STANDARD_OUTPUT", "write_page"]

GENERATOR: Final = b'<meta name="generator" content="gex_assets">'
"""Every page has it near its beginning."""

STANDARD_OUTPUT: Final = Path("-")
"""What commands call it, as `gex chain -` reads standard input."""

_BEGINNING: Final = 2048


def write_page(path: Path, page: bytes) -> None:
    """Write a page to a file, or to standard output.

    Raises
    ------
    GexError
        Something else is there, the folder is missing or cannot be written.
    """
    if path == STANDARD_OUTPUT:
        sys.stdout.buffer.write(page)
        sys.stdout.flush()
        return
    if path.is_dir():
        raise GexError(f"Expected a file at {path}, was a folder: name a file with --out")
    if path.exists() and not _is_ours(path):
        raise GexError(
            f"Expected nothing or an earlier page at {path}, was another file: name another with --out, or move it away"
        )
    try:
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".gex-", suffix=".html")
    except OSError as error:
        raise GexError(f"Expected a folder {path.parent} that can be written, was: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(page)
        Path(scratch).chmod(0o666 & ~_umask())
        Path(scratch).replace(path)
    except OSError as error:
        Path(scratch).unlink(missing_ok=True)
        raise GexError(f"Expected room and permission to write {path}, was: {error.strerror}") from error


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return GENERATOR in file.read(_BEGINNING)
    except OSError as error:
        raise GexError(f"Expected a file at {path} that can be read, was: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

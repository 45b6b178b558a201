"""Checks of names that come from outside (files, requests, commands) before they become part of a key.

Everything that turns a name into a key of the lake is checked here. Nothing here touches storage.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from gex_assets.errors import LakeError

__all__ = ["PRODUCT", "TABLE", "checked_key", "checked_product", "checked_table", "day_named"]

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]{0,199}", re.ASCII)
TABLE: Final = r"[a-z][a-z0-9_]{0,99}"
"""Pattern of a table's name."""

PRODUCT: Final = r"[A-Z0-9]{1,12}"
"""Pattern of a product's name."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def checked_key(key: str) -> str:
    """Return `key` if it can name an object of the lake: a relative POSIX path of plain names.

    Refused are absolute paths, `..`, hidden names (the file system uses them), white space and letters beyond ASCII.

    Raises
    ------
    LakeError
        Names the part that cannot be used.
    """
    for part in key.split("/"):
        if not _PART.fullmatch(part):
            raise LakeError(f"Expected a key of plain names (letters, digits, _ . = + -), was {part!r} in {key!r}")
    return key


def checked_table(name: str) -> str:
    """Return `name` if it can be a table's folder."""
    if not re.fullmatch(TABLE, name, re.ASCII):
        raise LakeError(f"Expected a table's name like silver_gex, was {name!r}")
    return name


def checked_product(product: str) -> str:
    """Return `product` if it can be a product's folder."""
    if not re.fullmatch(PRODUCT, product, re.ASCII):
        raise LakeError(f"Expected a product's symbol like ES, was {product!r}")
    return product


def day_named(text: str) -> date:
    """The day that `text` names in the one form YYYY-MM-DD."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise LakeError(f"Expected a day of the calendar, was {text!r}") from error
    raise LakeError(f"Expected a day as YYYY-MM-DD, was {text!r}")

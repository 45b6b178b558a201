"""Every form that has a module of its own, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from gex_assets.chain.files.vendors import cached_chain, deribit, nasdaq, nse, schwab, yahoo
from gex_assets.chain.files.vendors.vendor_chain import VendorChain

__all__ = ["vendor_chain"]


class _Read(Protocol):
    def __call__(self, document: Any, *, file: str) -> VendorChain: ...


_FORMS: Final[tuple[tuple[Callable[[object], bool], _Read], ...]] = (
    (schwab.is_form, schwab.read),
    (yahoo.is_form, yahoo.read),
    (nse.is_form, nse.read),
    (deribit.is_form, deribit.read),
    (nasdaq.is_form, nasdaq.read),
)


def vendor_chain(document: Any, *, file: str, symbol: str | None) -> VendorChain | None:
    """The rows of a document of a known form; None for any other.

    Parameters
    ----------
    symbol : which of several symbols is meant.

    Raises
    ------
    ChainError
        The form is known and something in it cannot be read.
    """
    for is_form, read in _FORMS:
        if is_form(document):
            return read(document, file=file)
    if cached_chain.is_form(document):
        return cached_chain.read(document, file=file, symbol=symbol)
    return None

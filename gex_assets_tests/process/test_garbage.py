"""Garbage in cycles is left lying within, and looked for again behind, however it ends."""

from __future__ import annotations

import gc

import pytest

from gex_assets.process.garbage import left_lying


def test_collections_stop_within_and_go_on_behind() -> None:
    with left_lying():
        assert not gc.isenabled()
        with left_lying():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_it_too() -> None:
    with pytest.raises(ValueError, match="boom"), left_lying():
        raise ValueError("boom")
    assert gc.isenabled()


def test_what_was_off_stays_off() -> None:
    gc.disable()
    try:
        with left_lying():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

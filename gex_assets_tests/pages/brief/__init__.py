"""Tests of `gex_assets.pages.brief`."""

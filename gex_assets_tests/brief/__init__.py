"""Tests of `gex_assets.brief`."""

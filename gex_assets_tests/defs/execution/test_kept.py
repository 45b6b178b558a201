"""Metadata are kept for exactly the state that they were made of."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from gex_assets.defs.execution.kept import kept_metadata

KEY, DAY = dg.AssetKey(["silver_gex"]), date(2026, 1, 6)
LINEAGE = {"code_version": "1", "inputs": {"a": "b"}}


@pytest.fixture
def instance() -> dg.DagsterInstance:
    made = dg.DagsterInstance.ephemeral()
    made.report_runless_asset_event(
        dg.AssetMaterialization(
            asset_key=KEY,
            partition=DAY.isoformat(),
            metadata={"picture": dg.MetadataValue.md("![x](y)"), "lineage": dg.MetadataValue.json(LINEAGE)},
            tags={"dagster/data_version": "ab"},
        )
    )
    return made


def test_the_same_state_is_known(instance: dg.DagsterInstance) -> None:
    assert kept_metadata(instance, KEY, DAY, sha256="ab")["picture"].value == "![x](y)"
    assert kept_metadata(instance, KEY, DAY, lineage=LINEAGE)["picture"].value == "![x](y)"


def test_another_state_day_or_table_is_not(instance: dg.DagsterInstance) -> None:
    assert kept_metadata(instance, KEY, DAY, sha256="cd") == {}
    assert kept_metadata(instance, KEY, DAY, lineage={**LINEAGE, "code_version": "2"}) == {}
    assert kept_metadata(instance, KEY, date(2026, 1, 7), sha256="ab") == {}
    assert kept_metadata(instance, dg.AssetKey(["silver_vacuum"]), DAY, sha256="ab") == {}
    assert kept_metadata(None, KEY, DAY, sha256="ab") == {}

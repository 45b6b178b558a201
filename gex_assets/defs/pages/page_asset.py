"""What the assets of all pages share: how Dagster knows them, and what the UI shows of a published page."""

from typing import Any

import dagster as dg

from gex_assets.defs.execution.day_memory import PEAK
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.escaping import as_markdown
from gex_assets.lake.lineage import while_running
from gex_assets.lake.pages.stored import StoredPage
from gex_assets.process.machine import peak_bytes
from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.pages import PAGE_CHECKS, PageContract

__all__ = ["page_lineage", "page_metadata", "page_specs"]


def page_specs(assets: ProductAssets, contract: PageContract, *, version: str) -> dict[str, Any]:
    """Arguments of `dg.multi_asset` for a page of one product: its name, spec, blocking checks and partitions.

    Parameters
    ----------
    contract : which tables the page shows, and the settings that it depends on.
    version : of all that draws it.
    """
    key = assets.key(contract.name)
    prefix = "" if assets.product == assets.settings.default_product else f"{assets.product}__"
    return {
        "name": f"{prefix}{contract.name}",
        "specs": [
            dg.AssetSpec(
                key=key,
                deps=[assets.key(name) for name in contract.shows],
                description=contract.about,
                group_name="pages",
                kinds={"html"},
                code_version=f"{version}-{assets.settings.digest(contract.settings)[:8]}",
                owners=["team:gex_assets"],
                skippable=True,
            )
        ],
        "check_specs": [
            dg.AssetCheckSpec(
                name=name,
                asset=key,
                blocking=True,
                partitions_def=assets.partitions,
                description=CHECK_GUIDE[name].description,
            )
            for name in PAGE_CHECKS
        ],
        "partitions_def": assets.partitions,
    }


def page_lineage(page: StoredPage) -> dict[str, Any]:
    """What a page was drawn by and from, as the UI shows it."""
    lineage = page.lineage
    return {
        "code_version": lineage.code_version,
        "settings_hash": lineage.settings_hash,
        "inputs": dict(lineage.inputs),
    }


def page_metadata(page: StoredPage, *, seconds: float, look: str = "") -> dict[str, Any]:
    """What the UI shows of a published page.

    Parameters
    ----------
    look : how to see it besides in a browser, in Markdown.
    """
    until = page.lineage.partial_until_ns
    return {
        **({} if until is None else {"partial": while_running(until)}),
        "dagster/uri": page.uri,
        "page": dg.MetadataValue.path(page.uri),
        "size_bytes": page.size_bytes,
        "seconds": round(seconds, 3),
        PEAK: round(peak_bytes() / 1e6, 1),
        "lineage": dg.MetadataValue.json(page_lineage(page)),
        "look": dg.MetadataValue.md(f"Open `{as_markdown(page.uri)}` in a browser{look}."),
    }

"""The resource that Dagster gives to assets: the lake, whose folder the UI shows."""

from pathlib import Path

import dagster as dg

from gex_assets.lake.tables import Lake

__all__ = ["LakeResource"]


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake in a folder. A relative path is relative to the working directory."""

    root: str

    def lake(self) -> Lake:
        """Open the lake."""
        return Lake(Path(self.root))

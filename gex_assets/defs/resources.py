"""What assets are handed by Dagster: the lake, as a resource whose folder the UI shows."""

from pathlib import Path

import dagster as dg

from gex_assets.lake.tables import Lake

__all__ = ["LakeResource"]


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake, by its folder: relative to the working directory unless absolute."""

    root: str

    def lake(self) -> Lake:
        """Open the lake."""
        return Lake(Path(self.root))

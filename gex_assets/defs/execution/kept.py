"""What the instance keeps of a state of a table-day or page that is still the published one: nothing of it is made twice."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import AssetKey, AssetRecordsFilter, DagsterInstance, MetadataValue

__all__ = ["kept_metadata"]

_DATA_VERSION = "dagster/data_version"


def kept_metadata(
    instance: DagsterInstance | None,
    key: AssetKey,
    day: date,
    *,
    sha256: str | None = None,
    lineage: Mapping[str, Any] | None = None,
) -> Mapping[str, MetadataValue[Any]]:
    """Metadata of the latest materialization of a day, if that was of this very state; else nothing.

    Parameters
    ----------
    instance : who is asked; None is nobody.
    sha256 : the state, of a table: the hash of its bytes.
    lineage : the state, of a page, as its metadata have it. Links to other pages change its bytes and nothing that it shows.
    """
    if instance is None:
        return {}
    wanted = AssetRecordsFilter(asset_key=key, asset_partitions=[day.isoformat()])
    for record in instance.fetch_materializations(wanted, limit=1).records:
        made = record.asset_materialization
        if made is None or (sha256 is not None and (made.tags or {}).get(_DATA_VERSION) != sha256):
            continue
        if lineage is None or ("lineage" in made.metadata and made.metadata["lineage"].value == lineage):
            return made.metadata
    return {}

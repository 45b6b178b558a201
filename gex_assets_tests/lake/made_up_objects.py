"""Objects of a few bytes in any file system."""

from __future__ import annotations

from gex_assets.lake.filesystem import FileSystem

KEY = "silver_gex/product=ES/date=2026-01-06/data.parquet"


def put(fs: FileSystem, key: str, content: bytes, **condition: str) -> str:
    """Publish an object and say its tag."""
    staged = fs.stage(key)
    try:
        staged.path.write_bytes(content)
        staged.publish(**condition)
    finally:
        staged.discard()
    return fs.info(key).tag


def listed(fs: FileSystem, prefix: str, **order: bool) -> list[str]:
    return [info.key for info in fs.list(prefix, **order)]

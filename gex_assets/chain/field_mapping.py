"""Result types whose fields can be read as attributes and like a dictionary's items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

__all__ = ["FieldMapping"]


class FieldMapping(Mapping[str, Any]):
    """Base of a dataclass: `result["net_gex"]` is `result.net_gex`."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return any(one.name == name for one in fields(self))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in fields(self))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(fields(self))  # type: ignore[arg-type]

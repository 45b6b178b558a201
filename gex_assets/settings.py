"""The settings of an installation: typed, read from the environment (`GEX_…`) and from `gex.toml`, validated.

Nothing is read at import. `gex_assets.cli` and `gex_assets.definitions` call `load()` once and pass the result on. Facts of
the market are not settings: they are in `market/`. The window of 5 s is no setting either: it is part of the tables' schemas.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as UnreadableSettings,
)

from gex_assets.defaults import MIN_STRIKES_REQUIRED, RATE
from gex_assets.errors import LakeError, SettingsError
from gex_assets.lake_address import local_folder

__all__ = ["CHANGE_NO_ROWS", "OptionFamily", "ReferencePrice", "Settings", "load"]

OptionFamily = Literal["quarterly", "weekly", "daily", "eom"]
ReferencePrice = Literal["parity", "future_mid", "future_vwap", "future_last"]


CHANGE_NO_ROWS: Final[Mapping[str, str]] = {
    "lake": "names where tables lie",
    "products": "names which tables there are; a table of one product does not depend on the others",
    "start_date": "bounds the calendar of partitions",
    "block_records": "cuts files into blocks; rows are the same for any size of blocks",
    "threads": "spreads the work; rows are the same with one thread and with two",
    "sensor_start_from": "tells the sensor when to ask for a run",
    "sensor_settle_seconds": "tells the sensor when to ask for a run",
    "sensor_max_requests": "tells the sensor when to ask for a run",
}
"""Settings that change no row of any table, and why. A table declares all other settings that its asset reads."""


class Settings(BaseSettings):
    """Everything that an installation may choose."""

    model_config = SettingsConfigDict(env_prefix="GEX_", toml_file="gex.toml", frozen=True, extra="forbid")

    lake: Path = Field(default=Path("data"), description="folder of the lake")
    products: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("ES",), min_length=1, description="products that have assets; the first is the default product"
    )
    start_date: date = Field(default=date(2017, 5, 21), description="first partition of the calendar")
    option_families: Annotated[tuple[OptionFamily, ...], NoDecode] = Field(
        default=("quarterly",), min_length=1, description="families of options that bronze tables contain"
    )
    max_dte: int = Field(default=45, ge=0, description="an expiration with more days to go is not selected [days]")
    expirations: Literal["front", "all"] | int = Field(default="front", description="number of expirations that are selected")
    reference_price: ReferencePrice = Field(
        default="parity", description="price around which slots, levels and triggers are ranked"
    )
    rate: float = Field(default=RATE, gt=-0.5, lt=1.0, description="continuously compounded interest rate [1/year]")
    open_ratio: float = Field(default=0.5, ge=0.0, le=1.0, description="share of flow taken to open positions")
    min_strikes_required: int = Field(
        default=MIN_STRIKES_REQUIRED, ge=1, description="strikes with an exposure below which no regime is stated"
    )
    base_scores: dict[str, float] = Field(default_factory=dict, description="base score of a strategy, 1.0 unless given")
    conventions: tuple[dict[str, Any], ...] = Field(default=(), description="conventions in addition to the built-in ones")
    block_records: int = Field(default=65_536, ge=1, description="records decoded at a time")
    threads: int = Field(default=2, ge=1, le=2, description="threads of a run: one computes rows while the other writes them")
    sensor_start_from: date | None = Field(default=None, description="the file sensor ignores days before this one")
    sensor_settle_seconds: int = Field(default=60, ge=0, description="a file without a manifest must be this old to be complete")
    sensor_max_requests: int = Field(default=10, ge=1, description="days that one tick of the file sensor may request")

    @field_validator("lake", mode="before")
    @classmethod
    def _folder(cls, value: Any) -> Any:
        """Refuse the address of an object store before it becomes a path."""
        if not isinstance(value, (str, Path)):
            return value
        try:
            return local_folder(value)
        except LakeError as error:
            raise ValueError(str(error)) from error

    @field_validator("products", "option_families", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        """Read names from the environment: ES,NQ or ["ES", "NQ"]."""
        if not isinstance(value, str):
            return value
        return json.loads(value) if value.lstrip().startswith("[") else [name.strip() for name in value.split(",")]

    @field_validator("products", "option_families")
    @classmethod
    def _no_doubles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError(f"Expected each name once, was {list(value)}")
        return value

    @field_validator("expirations")
    @classmethod
    def _at_least_one(cls, value: str | int) -> str | int:
        if isinstance(value, int) and value < 1:
            raise ValueError(f"Expected 'front', 'all' or a number of at least 1, was {value}")
        return value

    @field_validator("conventions")
    @classmethod
    def _versioned(cls, value: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """A convention needs a name and a version: every row that it makes stores both."""
        for place, given in enumerate(value):
            for key, what in (("name", "a name"), ("version", "a whole number of at least 1, raised with every change")):
                if key not in given:
                    raise ValueError(f"Expected {what} under {key} of number {place + 1}, was none")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over gex.toml."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def default_product(self) -> str:
        """The product whose assets carry no prefix."""
        return self.products[0]

    def only(self, names: Iterable[str]) -> Settings:
        """These settings as a table sees them: `names` can be read, and settings that change no row.

        Raises
        ------
        SettingsError
            When another setting is read.
        """
        return cast("Settings", _DeclaredSettings(self, frozenset(names)))

    def digest(self, names: Iterable[str]) -> str:
        """Hash of the named settings: equal exactly where their values are equal."""
        values = self.model_dump(mode="json", include=set(names))
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


class _DeclaredSettings:
    """Settings of which a table may read those that it declares."""

    def __init__(self, settings: Settings, declared: frozenset[str]) -> None:
        self._settings = settings
        self._declared = declared

    def __getattr__(self, name: str) -> Any:
        if name in Settings.model_fields and name not in self._declared and name not in CHANGE_NO_ROWS:
            known = ", ".join(sorted(self._declared)) or "no setting"
            raise SettingsError(f"Expected a setting that the table declares ({known}), was {name}")
        return getattr(self._settings, name)


def load(**overrides: Any) -> Settings:
    """Read the settings of this installation.

    Raises
    ------
    SettingsError
        Names every setting that has an unusable value, what was expected and what it was.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_expected(item) for item in error.errors())) from error
    except (UnreadableSettings, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Expected settings that can be read, was: {error}: {error.__cause__ or 'in gex.toml'}") from error


_WORDS: Final = {
    "extra_forbidden": f"Expected one of {', '.join(Settings.model_fields)}",
    "tuple_type": "Expected a list",
    "dict_type": "Expected a table with a name",
}
"""Messages in place of those of pydantic that do not help whoever writes gex.toml."""


def _expected(item: Mapping[str, Any]) -> str:
    """One error of pydantic as "Expected …, was …"."""
    where = ".".join(str(part) for part in item["loc"])
    said = _WORDS.get(item["type"]) or str(item["msg"]).removeprefix("Value error, ").replace("Input should be", "Expected")
    if where == "conventions" and item["type"] == "tuple_type":
        said = "Expected a list of tables, each under [[conventions]]"
    return f"{where}: {said}" if ", was " in said else f"{where}: {said}, was {item['input']!r}"

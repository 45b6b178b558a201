"""The settings of an installation: typed, read from the environment (`GEX_…`) and from `gex.toml`, validated.

A lake may have a `gex.toml` of its own, which counts for what is said nowhere else: the demo's tables keep their settings.

Nothing is read at import. `gex_assets.cli` and `gex_assets.definitions` call `load()` once and pass the result on. Facts of
the market are not settings: they are in `market/`. The window of 5 s is no setting either: it is part of the tables' schemas.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, Field, ValidationError, field_validator
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

from gex_assets.conventions import conventions
from gex_assets.defaults import MAX_EXPANSION_RATIO, MAX_FILE_BYTES, MIN_STRIKES_REQUIRED, RATE
from gex_assets.errors import LakeError, SettingsError, SymbolError
from gex_assets.lake_address import local_folder
from gex_assets.market.products import PRODUCTS
from gex_assets.notice_settings import SECRETS, MailSettings, NoticeSettings

__all__ = ["CHANGE_NO_ROWS", "OptionFamily", "ReferencePrice", "Settings", "lake_file", "load", "unknown_variables"]

OptionFamily = Literal["quarterly", "weekly", "daily", "eom"]
ReferencePrice = Literal["parity", "future_mid", "future_vwap", "future_last"]


CHANGE_NO_ROWS: Final[Mapping[str, str]] = {
    "lake": "names where tables lie",
    "products": "names which tables there are; a table of one product does not depend on the others",
    "start_date": "bounds the calendar of partitions",
    "max_expansion_ratio": "bounds what a delivered file may hold: it is refused, or gives the same rows",
    "max_file_bytes": "bounds what a delivered file may hold: it is refused, or gives the same rows",
    "multipliers": "belongs to chains handed to the calculator; options on futures have their contract's",
    "block_records": "cuts files into blocks; rows are the same for any size of blocks",
    "threads": "spreads the work; rows are the same with one thread and with two",
    "sensor_start_from": "tells the sensor when to ask for a run",
    "sensor_settle_seconds": "tells the sensor when to ask for a run",
    "sensor_max_requests": "tells the sensor when to ask for a run",
    "notices": "says what people are told of tables that are there",
}
"""Settings that change no row of any table, and why. A table declares all other settings that its asset reads."""


class Settings(BaseSettings):
    """Everything that an installation may choose."""

    model_config = SettingsConfigDict(env_prefix="GEX_", toml_file="gex.toml", frozen=True, extra="forbid")

    lake: Path = Field(default=Path("data"), description="folder of the lake")
    products: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("ES",), min_length=1, description="products that have assets; the first is the default product"
    )
    start_date: date = Field(
        default=date(2026, 1, 1), description="first partition of the calendar; unless it is set, the first delivered day"
    )
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
    base_scores: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        default_factory=dict, description="base score of a strategy, 1.0 unless given"
    )
    multipliers: dict[str, Annotated[float, Field(gt=0.0, allow_inf_nan=False)]] = Field(
        default_factory=dict, description="value of a point of a listed chain's options by symbol, DEFAULT for all others [USD]"
    )
    conventions: tuple[dict[str, Any], ...] = Field(default=(), description="conventions in addition to the built-in ones")
    max_expansion_ratio: float = Field(
        default=MAX_EXPANSION_RATIO,
        ge=1.0,
        description="decompressed bytes per byte of a delivered file above which it is refused",
    )
    max_file_bytes: int = Field(
        default=MAX_FILE_BYTES, ge=1, description="decompressed bytes of a delivered file above which it is refused"
    )
    block_records: int = Field(default=65_536, ge=1, description="records decoded at a time")
    threads: int = Field(default=2, ge=1, le=2, description="threads of a run: one computes rows while the other writes them")
    sensor_start_from: date | None = Field(default=None, description="the file sensor ignores days before this one")
    sensor_settle_seconds: int = Field(default=60, ge=0, description="a file without a manifest must stay unchanged this long")
    sensor_max_requests: int = Field(default=10, ge=1, description="days that one tick of the file sensor may request")
    notices: NoticeSettings = Field(default_factory=NoticeSettings, description="what is told of levels, regimes and runs")

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

    @field_validator("multipliers")
    @classmethod
    def _symbols(cls, value: dict[str, float]) -> dict[str, float]:
        """Symbols are compared in capitals. What a point of a product's options is worth is a fact."""
        symbols = {name.strip().upper(): number for name, number in value.items()}
        facts = [name for name in symbols if name in PRODUCTS]
        if facts:
            raise ValueError(f"Expected symbols other than {', '.join(PRODUCTS)}, was {facts[0]}: remove it")
        return symbols

    @field_validator("conventions")
    @classmethod
    def _versioned(cls, value: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """A convention can be used, and has a name and a version: every row that it makes stores both."""
        for place, given in enumerate(value):
            for key, what in (("name", "a name"), ("version", "a whole number of at least 1, raised with every change")):
                if key not in given:
                    raise ValueError(f"Expected {what} under {key} of number {place + 1}, was none")
        try:
            conventions(value)
        except SettingsError as error:
            raise ValueError(str(error)) from error
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

    def values(self, names: Iterable[str]) -> dict[str, Any]:
        """The named settings as JSON has them."""
        return self.model_dump(mode="json", include=set(names))

    def digest(self, names: Iterable[str]) -> str:
        """Hash of the named settings: equal exactly where their values are equal."""
        return hashlib.sha256(json.dumps(self.values(names), sort_keys=True).encode()).hexdigest()


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
    SymbolError
        A product is unknown.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = _settings("gex.toml", given)
    file = lake_file(settings.lake)
    if file.is_file() and not (Path("gex.toml").is_file() and file.samefile("gex.toml")):
        unsaid = {name: value for name, value in _of_lake(file).items() if name not in settings.model_fields_set}
        settings = _settings(str(file), {**given, **unsaid}, of_file=unsaid)
    unknown = [name for name in settings.products if name not in PRODUCTS]
    if unknown:
        raise SymbolError(f"products: Expected products of {', '.join(PRODUCTS)}, was {unknown[0]!r}")
    return settings


_NO_SETTINGS: Final = ("GEX_SERVE_TOKEN", *SECRETS.values())
"""Variables that are read where they are needed: secrets belong into no file of settings."""


def lake_file(lake: Path) -> Path:
    """Where a lake's own settings stand."""
    return lake / "gex.toml"


def _of_lake(file: Path) -> dict[str, Any]:
    try:
        own = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Expected settings that can be read, was: {error}: in {file}") from error
    if "lake" in own:
        raise SettingsError(f"Expected settings of this lake in {file}, was another lake: remove `lake`")
    return own


def _settings(where: str, given: Mapping[str, Any], *, of_file: Collection[str] = ()) -> Settings:
    """The settings that are given; `of_file` names those of a file `where`, which an error names too."""
    try:
        return Settings(**given)
    except ValidationError as error:
        found: dict[str, tuple[list[str], Mapping[str, Any]]] = {}
        for item in error.errors():  # one for each form that a setting may have
            found.setdefault(_place(item), ([], item))[0].append(_expected(item))
        said = []
        for place, (each, one) in found.items():
            # what is no setting comes from a file: variables of other names are said by `unknown_variables`
            is_of_file = one["loc"][0] in of_file or one["type"] == "extra_forbidden"
            said.append(f"{place}: {_either(each, one['input'])}" + (f": in {where}" if is_of_file else ""))
        raise SettingsError("; ".join(said)) from error
    except (UnreadableSettings, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Expected settings that can be read, was: {error}: {error.__cause__ or f'in {where}'}") from error


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """What to say of each variable that looks like a setting and is none: a name that is misspelt changes nothing.

    >>> unknown_variables({"GEX_RATES": "0.05", "GEX_RATE": "0.04", "PATH": ""})
    ['GEX_RATES is no setting and changes nothing: did you mean GEX_RATE?']
    """
    prefix = str(Settings.model_config["env_prefix"])
    known = [*_NO_SETTINGS, *(f"{prefix}{name.upper()}" for name in Settings.model_fields)]
    lines = []
    for name in sorted(environment):
        if name.upper().startswith(prefix) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0]
            lines.append(f"{name} is no setting and changes nothing: did you mean {near}?")
    return lines


_FORMS: Final = ("int", "str", "float")
_WORDS: Final = {
    "tuple_type": "Expected a list",
    "too_short": "Expected at least one",
    "int_parsing": "Expected a whole number",
    "float_parsing": "Expected a number",
    "dict_type": "Expected a table with a name",
}
"""Messages in place of those of pydantic that do not help whoever writes gex.toml."""


_FIELDS_WITHIN: Final[Mapping[tuple[Any, ...], type[BaseModel]]] = {
    ("notices",): NoticeSettings,
    ("notices", "mail"): MailSettings,
}
"""Tables within gex.toml, and what may stand there."""


def _place(item: Mapping[str, Any]) -> str:
    """The setting, and where in it; forms that it may have (`literal[…]`, `int`) are no place."""
    first, *within = item["loc"]
    places = [part for part in within if isinstance(part, int) or (part not in _FORMS and "[" not in part)]
    return ".".join(map(str, [first, *places]))


def _expected(item: Mapping[str, Any]) -> str:
    """One error of pydantic as "Expected …", with what it was where it says so itself."""
    if item["type"] == "extra_forbidden":
        *within, name = item["loc"]
        names = _FIELDS_WITHIN.get(tuple(within), Settings).model_fields
        near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.0)[0]
        return f"Expected the name of a setting, was none: did you mean {near}?"
    if item["loc"] == ("conventions",) and item["type"] == "tuple_type":
        return "Expected a list of tables, each under [[conventions]]"
    return _WORDS.get(item["type"]) or str(item["msg"]).removeprefix("Value error, ").replace("Input should be", "Expected")


def _either(said: Sequence[str], given: Any) -> str:
    """What was expected, in any of the forms, and what it was."""
    joined = " or ".join([said[0], *(one.removeprefix("Expected ") for one in said[1:])])
    return joined if ", was " in joined else f"{joined}, was {given!r}"

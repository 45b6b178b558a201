"""Parameters of a request for rows of a table: typed, bounded, and described where the API's documentation shows them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from gex_assets.lake.names import PRODUCT
from gex_assets.serve.answers.cursors import LONGEST_CURSOR
from gex_assets.serve.answers.moments import DAY_PATTERN, MOMENT_PATTERN
from gex_assets.serve.answers.problems import ProblemError

__all__ = [
    "FORMATS",
    "MOST_ROWS",
    "ByConvention",
    "ByConventionAndScope",
    "ByLevel",
    "ByStrike",
    "Day",
    "Format",
    "Product",
    "RowParameters",
    "refuse_unknown",
]

MOST_ROWS: Final = 20_000
"""Rows of a page, at most."""

Format = Literal["json", "csv", "arrow"]
FORMATS: Final[dict[Format, str]] = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""Name of a format -> its media type."""

Product = Annotated[str, Field(pattern=f"^{PRODUCT}$", description="Product, in capitals.", examples=["ES"])]
Day = Annotated[
    str, Field(pattern=DAY_PATTERN, description="A UTC date.", examples=["2026-01-06"], json_schema_extra={"format": "date"})
]
_Moment = Annotated[str, Field(pattern=MOMENT_PATTERN, max_length=40)]
_WORDS: Final = r"^[A-Za-z0-9_:.,-]{1,400}$"
_COLUMNS: Final = r"^[a-z][a-zA-Z0-9_,]{0,4000}$"


async def refuse_unknown(request: Request) -> None:
    """Refuse parameters that a path does not have: a mistyped one would else be an answer to another question.

    It is asynchronous although it waits for nothing: FastAPI gives each call of another function to a thread.

    Raises
    ------
    ProblemError
        There are some; it names them, and those that the path has.
    """
    models = [field.field_info.annotation for field in request.scope["route"].dependant.query_params]
    known = [field.alias or name for model in models for name, field in model.model_fields.items()]
    unknown = [name for name in dict.fromkeys(request.query_params.keys()) if name not in known]
    if unknown:
        expected = f"parameters of {', '.join(known)}" if known else "no parameters"
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"Expected {expected}, was {', '.join(unknown)}: leave out what is not named"
        )


class RowParameters(BaseModel):
    """What every table can be asked for."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    date: Day | None = Field(default=None, description="One day. Without a day or a range: the last published one.")
    first: Day | None = Field(default=None, alias="from", description="First day of a range.")
    last: Day | None = Field(default=None, alias="to", description="Last day of a range, included.")
    since: _Moment | None = Field(
        default=None,
        description="First moment wanted: ISO 8601, UNIX ns, or HH:MM[:SS] in UTC where one day is asked for.",
        examples=["14:30"],
    )
    until: _Moment | None = Field(default=None, description="End of the moments wanted, not included.", examples=["14:32"])
    every: int | None = Field(
        default=None,
        ge=1,
        le=17_280,
        description="Thin: only windows whose end is a multiple of so many windows of 5 s; 12 is once a minute.",
        examples=[12],
    )
    columns: str | None = Field(
        default=None,
        pattern=_COLUMNS,
        description="Columns wanted, separated by commas. The key and what the answer must say are always there.",
    )
    limit: int = Field(default=1_000, ge=1, le=MOST_ROWS, description="Rows of a page; many columns make pages shorter.")
    cursor: str | None = Field(
        default=None,
        max_length=LONGEST_CURSOR,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Where to go on: `next` of the page before.",
    )
    format: Format | None = Field(default=None, description="Form of the answer, before what Accept says.")
    times: Literal["iso", "ns"] = Field(
        default="iso", description="Moments in JSON: ISO 8601, or UNIX ns as strings. CSV and Arrow have integers: UNIX ns."
    )
    notes: bool = Field(default=True, description="Whether CSV begins with lines after # that say unit, weight and so on.")

    def equal(self) -> dict[str, str | None]:
        """Column -> words wanted, separated by commas."""
        return {}


class ByConvention(RowParameters):
    """Tables with a row per convention."""

    convention: str | None = Field(
        default=None, pattern=_WORDS, description="Conventions, separated by commas.", examples=["field"]
    )

    def equal(self) -> dict[str, str | None]:
        """Column -> words wanted."""
        return {"convention": self.convention}


class ByConventionAndScope(ByConvention):
    """Tables with a row per convention and scope."""

    scope: str | None = Field(
        default=None, pattern=_WORDS, description="selected, 0dte or exp:YYYY-MM-DD, separated by commas.", examples=["selected"]
    )

    def equal(self) -> dict[str, str | None]:
        """Column -> words wanted."""
        return {"convention": self.convention, "scope": self.scope}


class ByLevel(ByConvention):
    """Triggers: a row per convention and level."""

    level_id: str | None = Field(default=None, pattern=_WORDS, description="Levels, separated by commas.", examples=["call_wall"])

    def equal(self) -> dict[str, str | None]:
        """Column -> words wanted."""
        return {"convention": self.convention, "level_id": self.level_id}


class ByStrike(RowParameters):
    """The chain: a row per expiration and strike."""

    expiration: Day | None = Field(default=None, description="UTC date of the expiration.")
    strike_from: float | None = Field(default=None, ge=0, allow_inf_nan=False, description="Least strike. [index points]")
    strike_to: float | None = Field(default=None, ge=0, allow_inf_nan=False, description="Largest strike. [index points]")

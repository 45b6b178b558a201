"""The packed columns of a day's picture: names, axes, units and steps. The browser reads each of them.

Names are those of the tables where there is one. A step is chosen so that what the page derives stays within 0.1 % of the
tables: half a step of gamma is 0.09 %, contracts are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from gex_assets.conventions import WEIGHTS
from gex_assets.schemas.regime_scores import MAGNITUDES, REGIMES
from gex_assets.schemas.silver_gex_chain import RIGHTS
from gex_assets.schemas.silver_vacuum import vacuum_column

__all__ = [
    "CODES",
    "CONTRACT_STEP",
    "DAY_COLUMNS",
    "EXPIRATION_COLUMNS",
    "LEVEL_COLUMNS",
    "LINE_COLUMNS",
    "MINUTE",
    "NET",
    "PROFILE",
    "REGIME_COLUMNS",
    "VACUUM",
    "Coding",
    "weight_columns",
]

Axis = Literal["day", "expirations", "lines", "levels", "profile"]
Kind = Literal["linear", "log", "code"]

MINUTE: Final = 12
"""Windows of a minute: what changes slowly is stored once a minute."""

CONTRACT_STEP: Final = 0.001
"""Contracts are read in thousandths; the step stored is the largest that all values are multiples of. [contracts]"""

_PRICE: Final = "index points"
_SHARE: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How a column is packed.

    Attributes
    ----------
    name, axis : what it is, and what its rows are.
    kind : `linear` has equal steps, `log` equal ratios, `code` positions in a list of words.
    step, base : of `kernels.packing.quantizing`. A step of 0 is found from the values.
    every : windows of a group; a group has the value of its first window.
    """

    name: str
    axis: Axis
    label: str
    unit: str = ""
    kind: Kind = "linear"
    step: float = 1.0
    base: float | None = None
    every: int = 1

    def as_json(self) -> dict[str, Any]:
        """What the header says of it, without where its bytes lie."""
        return {
            "name": self.name,
            "axis": self.axis,
            "kind": self.kind,
            "step": self.step,
            **({} if self.base is None else {"base": self.base}),
            "every": self.every,
            "unit": self.unit,
            "label": self.label,
        }


CODES: Final[dict[str, tuple[str, ...]]] = {
    "regime": REGIMES,
    "magnitude": MAGNITUDES,
}
"""Column -> its words; a code is a position among them."""

VACUUM: Final = vacuum_column("u17", "up", "total_log")
"""Drawn beneath the price: how the book leans."""

DAY_COLUMNS: Final = (
    Coding(name="k", axis="day", label="number of the window"),
    Coding(name="reference_price", axis="day", step=0.01, unit=_PRICE, label="reference price"),
    Coding(
        name="price_se", axis="day", kind="log", step=0.25, base=0.005, unit=_PRICE, label="standard error of the reference price"
    ),
    Coding(name=VACUUM, axis="day", step=0.1, unit="1", label="vacuum, above zero where the book favours a rise"),
)

EXPIRATION_COLUMNS: Final = (Coding(name="forward", axis="expirations", step=0.01, unit=_PRICE, label="forward"),)

LINE_COLUMNS: Final = (
    Coding(name="gamma", axis="lines", kind="log", step=0.0018, base=1e-9, unit="1/point", label="gamma"),
    Coding(
        name="gamma_se_share",
        axis="lines",
        kind="log",
        step=0.1,
        base=1e-5,
        every=MINUTE,
        unit=_SHARE,
        label="standard error of gamma as a share of it",
    ),
    Coding(name="quote_age_s", axis="lines", kind="log", step=0.6, base=0.01, every=MINUTE, unit="s", label="age of the quote"),
)

NET: Final = Coding(name="net_gex", axis="levels", step=0.0, unit="of the convention", label="net exposure")
"""Its step is a share of a small gross exposure of its row: units differ by convention."""

LEVEL_COLUMNS: Final = (
    NET,
    Coding(
        name="net_gex_se",
        axis="levels",
        kind="log",
        step=0.01,
        base=1e-3,
        unit="of the convention",
        label="standard error of net",
    ),
    *(Coding(name=f"{right}_wall", axis="levels", step=0.01, unit=_PRICE, label=f"{right} wall") for right in RIGHTS),
    *(
        Coding(
            name=f"{right}_wall_kept", axis="levels", step=0.002, unit=_SHARE, label=f"share of draws that keep the {right} wall"
        )
        for right in RIGHTS
    ),
    Coding(name="zero_gamma", axis="levels", step=0.01, unit=_PRICE, label="flip"),
    Coding(name="zero_gamma_low", axis="levels", step=0.25, unit=_PRICE, label="lower end of the flip's band"),
    Coding(name="zero_gamma_high", axis="levels", step=0.25, unit=_PRICE, label="upper end of the flip's band"),
)

REGIME_COLUMNS: Final = (
    Coding(name="regime", axis="levels", kind="code", label="regime"),
    Coding(name="magnitude", axis="levels", kind="code", label="magnitude"),
    Coding(name="confidence", axis="levels", step=0.01, unit=_SHARE, label="confidence"),
)
"""Of `regime_scores`: they are known for the scope `selected` alone."""

PROFILE: Final = Coding(
    name="profile_net", axis="profile", step=0.0, every=MINUTE, unit="of the convention", label="net exposure at a price"
)


def weight_columns(weight: str) -> tuple[Coding, ...]:
    """The two columns of a weight, of calls and of puts."""
    return tuple(
        Coding(name=f"{right}_{weight}", axis="lines", step=0.0, unit="contracts", label=f"{right}s: {WEIGHTS[weight]}")
        for right in RIGHTS
    )

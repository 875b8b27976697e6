"""What a caller says about the samples of an instrument export."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path

from wbe.errors import UnitError, UsageError
from wbe.units import scale

SIDECAR_SUFFIX = ".sidecar.csv"


@dataclass(frozen=True)
class Options:
    """How vials relate to samples, for all injections whose sidecar row leaves it open.

    A row that says something else is refused; see `wbe.io.instruments.unused` for what none needs.

    Attributes
    ----------
    sidecar : Path or None
        Table with one row an injection or sample; without it ``<export>.sidecar.csv`` beside the
        export is used if there is one.
    enrichment : float or None
        Volume of sample per volume of final extract [1].
    dilution : float or None
        Factor by which the extract was diluted before injection [1]; None is undiluted.
    unit : str
        Unit of the concentrations where the export states none, for example ``ng/mL``.

    Raises
    ------
    UsageError
        If a factor is not a positive number, or the unit is no concentration.
    """

    sidecar: Path | None = None
    enrichment: float | None = None
    dilution: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        for name in ("enrichment", "dilution"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UsageError(f"{name} must be a number above 0, not {value!r}")
        if self.unit:
            try:
                scale(self.unit, "ng/L")
            except UnitError as error:
                raise UsageError(f"unit {self.unit!r} is no concentration: {error}") from None

    @property
    def given(self) -> tuple[str, ...]:
        """Names of what was stated."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) not in (None, ""))

    def sidecar_of(self, export: Path) -> Path | None:
        """The sidecar of an export: the one given, or the one beside it."""
        if self.sidecar is not None:
            return self.sidecar
        beside = export.with_name(export.stem + SIDECAR_SUFFIX)
        return beside if beside.is_file() and beside != export else None

"""What a campaign or a command line says about the exports of instruments, for the readers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import UsageError

if TYPE_CHECKING:
    from wbe.io.instruments import Options
    from wbe.run.config import Data


def options(
    sidecar: Path | None = None,
    enrichment: float | None = None,
    dilution: float | None = None,
    unit: str | None = None,
) -> Options:
    """What a command line says about the export of an instrument.

    Parameters
    ----------
    sidecar : Path, optional
        Table of injections or samples.
    enrichment, dilution : float, optional
        Sample over final volume, and dilution behind it [1].
    unit : str, optional
        Of the concentrations of an export that states none.

    Returns
    -------
    Options

    Raises
    ------
    UsageError
        If a factor is not above 0, the unit is no concentration, or there is no such sidecar.
    """
    from wbe.io.instruments import Options

    if sidecar is not None and not sidecar.is_file():
        raise UsageError(f"there is no sidecar {str(sidecar)!r}")
    return Options(sidecar, enrichment, dilution, unit or "")


def of_campaign(data: Data) -> Options:
    """What the configuration of a campaign says about its exports.

    Returns
    -------
    Options
    """
    from wbe.io.instruments import Options

    return Options(data.sidecar, data.enrichment, data.dilution, data.unit or "")


def sidecars(exports: Iterable[Path], told: Options) -> list[Path]:
    """Sidecars that are read with files: the one that is named, or those beside the exports.

    Parameters
    ----------
    exports : iterable of Path
        Any lab files; beside most of them lies none.
    told : Options

    Returns
    -------
    list of Path
        Each once, in the order of the exports.
    """
    found = (told.sidecar_of(export) for export in exports)
    return list(dict.fromkeys(path for path in found if path is not None))

"""Lists of divisions with their codes, by edition, and how a campaign's areas fit one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Final

from wbe.area_names import COLUMNS, AreaList, Unit, known_areas, nearest_areas, simplified
from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.io.opening import bytes_of
from wbe.io.text import Refused, decode

NEEDED: Final = ("code", "name", "edition")
_SHOWN: Final = 12  # areas named in one message
_FULL: Final = re.compile(r"(\d{9})000")


def read_area_list(path: str | PathLike[str], *, encoding: str | None = None) -> AreaList:
    r"""Read a list of divisions.

    Parameters
    ----------
    path : path
        CSV: ``code, name, edition`` (year) and where known ``pinyin, kind, parent, predecessor,
        source, note``. A code of 12 digits that ends in 000 is that of 9.
    encoding : str, optional
        Codec instead of the ladder of UTF-8 and GB18030.

    Returns
    -------
    AreaList
        For `wbe.area_names.resolve_area`.

    Raises
    ------
    FindingsError
        If anything is wrong: a list with holes would make a wrong name look right.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import wbe
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "list.csv")
    ...     _ = path.write_text("code,name,edition\n990101001,云帆镇,2018\n", encoding="utf-8")
    ...     [unit.name for unit in wbe.io.read_area_list(path).units]
    ['云帆镇']
    """
    findings = Findings()
    units = area_list_of(Path(path), Path(path).name, findings, encoding)
    if findings.errors or units is None:
        raise FindingsError(findings)
    return units


def area_list_of(
    path: Path, name: str, findings: Findings, encoding: str | None = None
) -> AreaList | None:
    """Divisions of a file; None if it holds none, with the reason among the findings.

    Parameters
    ----------
    path : Path
    name : str
        Name for findings.
    findings : Findings
        Receives what is noticed.
    encoding : str, optional
    """
    try:
        text = decode(bytes_of(path), encoding).text
    except Refused as refused:
        findings.add(refused.rule, file=name, line=refused.line, **refused.details)
        return None
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    held = {(field or "").strip().casefold() for field in reader.fieldnames or ()}
    if not held >= set(NEEDED):
        findings.add("not_an_area_list", file=name)
        return None
    units: list[Unit] = []
    seen: set[tuple[str, str]] = set()
    for row in reader:
        unit = _unit(row)
        findings.rows += 1
        key = (unit.edition, unit.code)
        if not unit.name or not re.fullmatch(r"\d{4}", unit.edition) or (
            unit.code and not unit.code.isdigit()
        ):  # fmt: skip
            findings.add("area_list_row_invalid", file=name, line=reader.line_num, value=unit.name)
        elif unit.code and key in seen:
            findings.add("area_list_twice", file=name, line=reader.line_num, column="code",
                         value=unit.code, edition=unit.edition)  # fmt: skip
        else:
            seen.add(key)
            units.append(unit)
    findings.accepted += len(units)
    return AreaList(tuple(units))


def _unit(row: dict[str, str]) -> Unit:
    plain = {(k or "").strip().casefold(): (v or "") for k, v in row.items() if isinstance(v, str)}
    given = {name: plain.get(name, "").strip() for name in COLUMNS}
    code = _FULL.fullmatch(given["code"])
    return Unit(**(given | {"code": code[1] if code else given["code"]}))


def note_edition(
    areas: Iterable[str],
    findings: Findings,
    *,
    edition: str | int | None = None,
    within: str,
    units: AreaList | None = None,
    file: str = "",
) -> None:
    """Compare the areas of a campaign with one edition of a list.

    Parameters
    ----------
    areas : iterable of str
        Names or codes of the campaign's areas.
    findings : Findings
        Receives areas that are not in the list, those of another edition, and units that are no
        area; one finding each.
    edition : str or int, optional
        Year; the newest edition up to it counts, the newest of all if not given.
    within : str
        Code or name of the division whose units are meant, such as a county.
    units : AreaList, optional
        The list of the package if not given.
    file : str
        Name of the areas file for findings.

    Raises
    ------
    UsageError
        If the list has no edition up to that year.

    Examples
    --------
    >>> from wbe.findings import Findings
    >>> noticed = Findings()
    >>> note_edition(["惠来县", "Nowhere"], noticed, edition=2018, within="惠来县")
    >>> [finding.rule for finding in noticed]
    ['areas_not_in_list', 'areas_of_other_edition', 'areas_list_missing']
    """
    whole = units if units is not None else known_areas()
    asked = whole.of(edition)
    year = max((u.edition for u in asked.units), default="")
    here = [u for u in asked.units if u.edition and whole.holds(u, within)]
    inner = {u.parent for u in here}
    known = {key: u for u in here for key in (u.name, u.code) if key}
    other = {key for u in whole.units if whole.holds(u, within) for key in (u.name, u.code) if key}
    own = list(dict.fromkeys(map(str, areas)))
    keys = {area: simplified(area) for area in own}
    moved = [area for area in own if keys[area] not in known and keys[area] in other]
    lost = [area for area in own if keys[area] not in known and keys[area] not in other]
    met = {known[key].key for key in keys.values() if key in known}
    units_of = (u for u in here if u.code not in inner and u.code != within)
    missing = [u.name for u in units_of if u.key not in met]
    if lost:
        near = dict.fromkeys(n for area in lost for n in nearest_areas(area, sorted(known)))
        findings.add("areas_not_in_list", file=file, count=len(lost), edition=year,
                     values=_listed(lost), nearest=_listed(list(near)) or "none")  # fmt: skip
    if moved:
        findings.add("areas_of_other_edition", file=file, count=len(moved), edition=year,
                     values=_listed(moved))  # fmt: skip
    if missing:
        findings.add("areas_list_missing", file=file, count=len(missing), edition=year,
                     values=_listed(missing))  # fmt: skip


def _listed(values: list[str]) -> str:
    return ", ".join(values[:_SHOWN]) + (", …" if len(values) > _SHOWN else "")

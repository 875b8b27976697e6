"""Write one synthetic batch as every instrument export that wbe reads.

Run it to rewrite the shipped samples, byte for byte::

    python data/samples/instruments/generate_instruments.py

One sequence of 17 injections: 2 blanks, 6 calibration levels, 2 control samples, 5 vials of sewage
of which one was injected twice, and a spiked sample; six compounds with labelled internal
standards. All numbers are synthetic. ``xcalibur.xls`` needs xlwt (``--xls``) and is committed as it
is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # also when loaded from its path
    sys.path.insert(0, str(HERE))

#: compound, its internal standard, retention time [min], ion ratio, response of 1 ng/mL, area of IS
COMPOUNDS = (
    ("Methamphetamine", "Methamphetamine-d5", 4.21, 0.45, 5210, 102000),
    ("Amphetamine", "Amphetamine-d11", 3.94, 0.52, 4120, 88000),
    ("Benzoylecgonine", "Benzoylecgonine-d8", 5.02, 0.31, 6890, 141000),
    ("Cocaine", "Cocaine-d3", 5.87, 0.22, 9030, 176000),
    ("MDMA", "MDMA-d5", 4.55, 0.61, 3350, 76000),
    ("Ketamine", "Ketamine-d4", 5.31, 0.38, 4460, 91000),
)
LEVELS = (0.5, 1.0, 5.0, 20.0, 100.0, 500.0)
#: ng/mL in the vial; None: no peak
VIALS: dict[str, tuple[float | None, ...]] = {
    "WW-A1": (26.5, 4.12, 38.7, 12.9, 3.05, 1.88),
    "WW-A2": (31.2, 4.96, 41.3, None, 2.71, 2.14),
    "WW-B1": (118.4, 15.3, 9.42, 2.66, 0.87, 6.3),
    "WW-C1": (7.35, 1.07, 2.18, 0.64, None, None),
    "WW-C2": (8.02, 1.26, 2.49, 0.71, 0.58, None),
    "WW-A1_spike": (76.1, 53.8, 87.2, 61.9, 52.4, 51.0),
}
SECOND = {"WW-B1": (114.9, 15.9, 9.71, 2.58, 0.91, 6.12)}


@dataclass(frozen=True)
class Injection:
    """One injection: its names, what it is, and ng/mL of each compound, found and put in."""

    number: int
    name: str
    kind: str  # blank, standard, control, sample
    level: str
    found: tuple[float | None, ...]
    expected: float | None

    @property
    def file(self) -> str:
        """Raw file without its suffix."""
        return f"synthetic_{self.number:03d}"

    @property
    def minutes(self) -> int:
        """Minutes after midnight at which it began."""
        return 8 * 60 + 12 * (self.number - 1)


@dataclass(frozen=True)
class Peak:
    """What software calculates for one compound; texts, "" where there is no peak."""

    compound: str
    standard: str
    conc: str
    area: str
    istd_area: str
    rt: str
    ratio: str
    expected: str
    deviation: str


def sequence() -> list[Injection]:
    """The injections in the order of their measurement."""
    none = (None,) * len(COMPOUNDS)
    traces = (0.021, None, None, None, None, None)
    runs: list[tuple[str, str, str, tuple[float | None, ...], float | None]] = [
        ("Blank_01", "blank", "", none, None)
    ]
    for level, amount in enumerate(LEVELS, start=1):
        found = tuple(round(amount * _bias(level, i), 4) for i in range(len(COMPOUNDS)))
        runs.append((f"Cal_{level}", "standard", str(level), found, amount))
    for name, amount in (("QC_low", 2.0), ("QC_high", 200.0)):
        found = tuple(round(amount * _bias(9 + len(name), i), 4) for i in range(len(COMPOUNDS)))
        runs.append((name, "control", "", found, amount))
    runs.append(("Blank_02", "blank", "", traces, None))
    for name, vial in VIALS.items():
        runs.append((name, "sample", "", vial, None))
        if name in SECOND:
            runs.append((name, "sample", "", SECOND[name], None))
    return [Injection(i, *run) for i, run in enumerate(runs, start=1)]


def _bias(run: int, compound: int) -> float:
    """A few per cent, the same at every call."""
    return 1 + ((run * 37 + compound * 53) % 15 - 7) / 100


def peaks(injection: Injection) -> list[Peak]:
    """What the software says about every compound of an injection."""
    made = []
    for index, (name, standard, rt, ratio, response, area) in enumerate(COMPOUNDS):
        found, put_in = injection.found[index], injection.expected
        is_area = round(area * _bias(injection.number, index))
        there = found is not None
        made.append(Peak(
            name, standard, f"{found:.4f}" if there else "",
            str(round(found * response)) if found is not None else "", str(is_area),
            f"{rt + injection.number % 3 * 0.01:.3f}" if there else "",
            f"{ratio * _bias(injection.number + 4, index):.4f}" if there else "",
            "" if put_in is None else f"{put_in:.4f}",
            "" if put_in is None or found is None else f"{100 * (found / put_in - 1):.2f}",
        ))  # fmt: skip
    return made


def times(injection: Injection) -> tuple[int, int]:
    """Hour and minute."""
    return divmod(injection.minutes, 60)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every text file, and the workbook if asked to."""
    from layouts import FILES, write_xls

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--xls", action="store_true", help="also xcalibur.xls; needs xlwt")
    options = parser.parse_args(arguments)
    write(options.out, FILES)
    if options.xls:
        write_xls(options.out / "xcalibur.xls")
    print(f"{len(FILES)} synthetic files written to {options.out.name}/")
    return 0


def write(out: Path, files: dict[str, Callable[[], bytes]]) -> None:
    """Write files of a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content())


if __name__ == "__main__":
    sys.exit(main())

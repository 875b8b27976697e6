"""Small finished runs, written by hand: a sealed record and the tables that it names."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from wbe.io.seal import sealed

COLUMNS = (
    "area", "name", "round", "drug", "quantity", "unit", "value", "lower", "upper", "tier",
    "p_general", "p_moderate", "p_severe", "resolved", "rank", "rank_lower", "rank_upper",
    "n_sites", "n_samples", "n_censored", "flags",
)  # fmt: skip
UNIT = "mg/day/1000 inhabitants"
TIERS = {
    "quantity": "pn_mass_load", "unit": UNIT, "statistic": "geometric", "scheme": "fixed",
    "labels": ["general", "moderate", "severe"], "floor": None, "design": "county_round",
    "reference_round": "", "factor_set": "default", "resolved_at": 0.95, "reference_source": "",
    "drug": "methamphetamine",
}  # fmt: skip


def row(area: str, round_: str, value: float | None = 30.0, **changes: Any) -> dict[str, Any]:
    """One row of tiers.csv; without a value it is suppressed."""
    shown = {"value": value, "lower": value / 3, "upper": value * 3, "tier": "moderate",
             "p_general": 0.2, "p_moderate": 0.6, "p_severe": 0.2, "rank": 1, "rank_lower": 1,
             "rank_upper": 2, "n_sites": 5, "n_samples": 5, "n_censored": 0, "flags": ""
             } if value is not None else {"flags": "suppressed"}  # fmt: skip
    base = {"area": area, "name": f"Town {area} (synthetic)", "round": round_,
            "drug": "methamphetamine", "quantity": "pn_mass_load", "unit": UNIT,
            "resolved": "false"}  # fmt: skip
    return {**dict.fromkeys(COLUMNS, ""), **base, **shown, **changes}


def written(folder: Path, rows: Sequence[Mapping[str, Any]], **changes: Any) -> Path:
    """Write a finished public run; `changes` replace keys of its record (a None leaves one out)."""
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    data = text.getvalue().encode("utf-8-sig")
    (folder / "tiers.csv").write_bytes(data)
    last = max(str(r["round"]) for r in rows)
    about = {
        "schema": 1, "kind": "run", "title": "Synthetic county", "language": "en",
        "factor_set": "default", "factor_ids": ["f1"], "draws": 1000, "seed": 1,
        "config": {"estimate": {"nondetects": "censored", "population": "as_given"},
                   "markers": {"cotinine": "0.6 mg/day/inhabitant"}, "index": {}},
        "markers": {"cotinine": {"value": 0.6}}, "versions": {"wbe": "0.1.0"},
        "breaks": {"methamphetamine": [20.0, 60.0]}, "tiers": {**TIERS, "round": last},
        "privacy": {"audience": "public", "purpose": "", "approval": "", "min_population": 5000,
                    "consent": {}},
        "populations": {str(r["area"]): 20000.0 for r in rows}, "withheld": [], "changes": {},
        "created": "2019-01-01T00:00:00+00:00",
        "outputs": {"tiers.csv": sha256(data).hexdigest()},
    }  # fmt: skip
    about = {k: v for k, v in {**about, **changes}.items() if v is not None}
    (folder / "run.json").write_text(sealed(about), encoding="utf-8", newline="\n")
    return folder

"""Records of consent: who agreed that the sewage of an institution may be studied, and when."""

from __future__ import annotations

import datetime as dt
import re

NEEDS_CONSENT = (
    "prison", "school", "workplace", "hospital", "hotel", "dormitory", "rehabilitation_centre",
)  # fmt: skip
"""Site types whose people form one recognisable group: their results need a record of consent."""

_RECORD = re.compile(
    r"(?P<name>.*\S)\s*[,，;；]\s*"
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
)


def consent_of(text: str) -> tuple[str, str] | None:
    """Read a record of consent, ``name, date``.

    Parameters
    ----------
    text : str
        The body or person that agreed, and the day: ``Ethics board of X, 2024-03-01``.

    Returns
    -------
    tuple of str, or None
        Name and ISO date; None where either is missing or the day does not exist.

    Examples
    --------
    >>> consent_of("Ethics board, 2024-03-01"), consent_of("伦理委员会，2024年3月1日")
    (('Ethics board', '2024-03-01'), ('伦理委员会', '2024-03-01'))
    >>> consent_of("yes"), consent_of("Ethics board, 2024-02-30")
    (None, None)
    """
    found = _RECORD.fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = dt.date(*(int(found[part]) for part in ("year", "month", "day")))
    except ValueError:
        return None
    return found["name"], day.isoformat()

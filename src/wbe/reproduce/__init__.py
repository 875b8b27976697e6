"""Published estimates, recomputed: a catalogue of studies as data, and one runner.

Public: `studies`, `read_study`, `reproduce`, `alternatives`, `Study`, `StudyTable`, `Claim`,
`Choice`, `TableResult`, `StudyResult`, `Outcome`.
"""

from wbe.reproduce.claims import Choice, Claim
from wbe.reproduce.compare import ExceptionResult, StudyResult, TableResult, reproduce
from wbe.reproduce.outcomes import Number, Outcome, alternatives
from wbe.reproduce.study import (
    STATUSES,
    Exempt,
    Study,
    StudyTable,
    read_study,
    studies,
    study_keys,
)

__all__ = [
    "STATUSES",
    "Choice",
    "Claim",
    "ExceptionResult",
    "Exempt",
    "Number",
    "Outcome",
    "Study",
    "StudyResult",
    "StudyTable",
    "TableResult",
    "alternatives",
    "read_study",
    "reproduce",
    "studies",
    "study_keys",
]

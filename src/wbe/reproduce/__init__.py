"""Published estimates, recomputed: a catalogue of studies as data, and one runner.

Public: `studies`, `read_study`, `reproduce`, `Study`, `StudyTable`, `TableResult`, `StudyResult`.
"""

from wbe.reproduce.compare import ExceptionResult, StudyResult, TableResult, reproduce
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
    "ExceptionResult",
    "Exempt",
    "Study",
    "StudyResult",
    "StudyTable",
    "TableResult",
    "read_study",
    "reproduce",
    "studies",
    "study_keys",
]

"""What the calculations assume about drugs and people, and who said so.

Tables of published statements (`table`, `doses`, `markers`, `stability`), named choices of them
(`load_set`), and the bibliography behind both (`references`, `format_reference`). A factor that
no row states is an error, never a default.
"""

from wbe.factors.distributions import logit_sd_from_range, logit_sd_from_sd
from wbe.factors.formulas import molar_mass
from wbe.factors.independence import made_from, require_independent
from wbe.factors.references import format_reference, references
from wbe.factors.sets import FactorSet, load_set, set_names
from wbe.factors.table import Factor, doses, excretion_spread, markers, stability, table

__all__ = [
    "Factor",
    "FactorSet",
    "doses",
    "excretion_spread",
    "format_reference",
    "load_set",
    "logit_sd_from_range",
    "logit_sd_from_sd",
    "made_from",
    "markers",
    "molar_mass",
    "references",
    "require_independent",
    "set_names",
    "stability",
    "table",
]

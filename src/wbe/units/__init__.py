"""Units: one pint registry, every spelling laboratories use, and the `quantities` decorator.

pint at the door, floats in the room. `normalise` turns a spelling (``µg·L⁻¹``, ``万吨/日``,
``mg/千人·天``) into a unit that the one registry parses; `scale` and `convert` change units;
`quantities` lets the body of a function work on plain floats while its callers pass numbers that
say their unit. Two conventions are this package's own:

* Tonnes in a flow are tonnes of water, ``1 t/d = 1 m^3/day``: the tonne is accepted in flows only.
* ``1000 inhabitants`` is one denominator. ``mg/day/1000`` has lost it and is refused.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from wbe.errors import UnitError
from wbe.units.spelling import canonical

if TYPE_CHECKING:
    import pint

PN_UNIT: Final = "mg/day/1000 inhabitants"
"""The one printed unit of population-normalised loads and consumption."""

_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(.*)", re.DOTALL)


@functools.lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Return the package's unit registry, made at the first call.

    It is never made pint's application registry: a program that uses both keeps its own.

    Returns
    -------
    pint.UnitRegistry
        The same object at every call.

    Examples
    --------
    >>> from wbe import units
    >>> flow = units.registry().Quantity(50_000, "m^3/day")
    >>> print(flow.to("L/s").round(1))
    578.7 liter / second
    """
    import pint

    made: pint.UnitRegistry[Any] = pint.UnitRegistry(None)
    made.load_definitions(_definitions())
    return made


def _definitions() -> list[str]:
    text = resources.files(__package__).joinpath("definitions.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def normalise(text: str) -> str:
    """Return the canonical unit of any accepted spelling, in a form the registry parses.

    Parameters
    ----------
    text : str
        A unit as written in a file or a header, English or Chinese.

    Returns
    -------
    str
        Two spellings of one unit give the same string; a canonical string gives itself.

    Raises
    ------
    UnitError
        The text is no accepted unit; the message says how to write it.

    Examples
    --------
    >>> normalise("µg·L⁻¹"), normalise("万吨/日"), normalise("mg/千人·天")
    ('ug/L', 'wan*water_tonne/day', 'mg/day/kiloinhabitant')
    """
    return canonical(text)


@functools.lru_cache(maxsize=1024)
def scale(from_unit: str, to_unit: str) -> float:
    """Return the factor that turns a number in `from_unit` into one in `to_unit`.

    Parameters
    ----------
    from_unit, to_unit : str
        Any accepted spellings.

    Returns
    -------
    float
        [`to_unit` per `from_unit`]

    Raises
    ------
    UnitError
        A unit is unknown, or the two measure different things.

    Examples
    --------
    >>> scale("万吨/日", "m^3/day"), scale("ng/mL", "ng/L")
    (10000.0, 1000.0)
    """
    source, target = normalise(from_unit), normalise(to_unit)
    return 1.0 if source == target else _factor(source, target, from_unit, to_unit)


def convert(values: Any, from_unit: str, to_unit: str, *also: Any) -> Any:
    """Convert numbers, and whatever must keep step with them, in one operation.

    Parameters
    ----------
    values : float or array_like
        Numbers in `from_unit`.
    from_unit, to_unit : str
        Any accepted spellings.
    *also : float, array_like or None
        Limits and absolute uncertainties of `values`, in the same unit. None stays None.

    Returns
    -------
    float or ndarray or DataArray, or tuple of them
        In `to_unit`; a tuple when `also` is given. A DataArray keeps its coordinates, loses its
        attrs and says its new unit.

    Raises
    ------
    UnitError
        A unit is unknown, or the two measure different things.

    Examples
    --------
    >>> convert(1.5, "ug/L", "ng/L", 0.5, None)
    (1500.0, 500.0, None)
    """
    factor = scale(from_unit, to_unit)
    first = _scaled(values, factor, to_unit)
    if not also:
        return first
    return (first, *(_scaled(value, factor, to_unit) for value in also))


def same_dimension(first: str, second: str) -> bool:
    """Say whether two units measure the same kind of thing.

    Parameters
    ----------
    first, second : str
        Any accepted spellings.

    Returns
    -------
    bool

    Raises
    ------
    UnitError
        A unit is unknown.

    Examples
    --------
    >>> from wbe import units
    >>> units.same_dimension("ng/L", "µg·L⁻¹"), units.same_dimension("ng/L", "mg/day")
    (True, False)
    """
    parse = registry().parse_units
    return bool(parse(normalise(first)).is_compatible_with(parse(normalise(second))))


def magnitude(text: str, unit: str) -> float:
    """Read a quantity written as text, such as a value of ``campaign.toml``.

    Parameters
    ----------
    text : str
        A number followed by a unit.
    unit : str
        Unit of the answer.

    Returns
    -------
    float
        In `unit`.

    Raises
    ------
    UnitError
        The number has no unit, or the text is no number with a unit, or the wrong one.

    Examples
    --------
    >>> magnitude("0.6 mg/day/inhabitant", "mg/day/1000 inhabitants")
    600.0
    """
    found = _NUMBER.fullmatch(text)
    if not found:
        raise UnitError(f"{text!r} is not a number with a unit; write for example '5 {unit}'")
    if not found[2].strip():
        raise UnitError(f"{text!r} has no unit; write for example '{text.strip()} {unit}'")
    return float(found[1]) * scale(found[2], unit)


class WithUnits(Protocol):
    """A function that `quantities` decorated.

    Examples
    --------
    >>> from wbe import backcalc
    >>> backcalc.mass_load.in_units, backcalc.mass_load.out_units
    ({'concentration': 'ng/L', 'flow': 'm^3/day'}, 'mg/day')
    >>> backcalc.mass_load.bare(500.0, 50_000.0)
    25000.0
    """

    in_units: dict[str, str]
    out_units: str | tuple[str, ...] | None
    bare: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Convert the arguments, run the bare function, stamp the result."""
        ...


def quantities(
    *, returns: str | tuple[str, ...] | None = None, **in_units: str
) -> Callable[[Callable[..., Any]], WithUnits]:
    """Let a function of plain floats be called with numbers that say their unit.

    On entry each named argument is converted to the unit the body expects: a pint quantity, an
    xarray DataArray whose ``attrs["units"]`` this decorator or the reader wrote, or a text such
    as ``"5 ng/L"``. A DataArray enters the body without attrs, because arithmetic keeps a unit
    that no longer holds. The result is stamped: a DataArray gets ``attrs["units"]``, anything
    else becomes a pint quantity. None passes through, for optional arguments.

    Parameters
    ----------
    returns : str or tuple of str, optional
        Unit of the result, or of each of several results. Without it the result is left alone.
    **in_units : str
        Unit the body expects of each argument. A bare number is taken only where this is ``"1"``.

    Returns
    -------
    callable
        A decorator. The decorated function has ``in_units`` (dict), ``out_units`` (as `returns`)
        and ``bare`` (the undecorated function, for plain floats and arrays).

    Raises
    ------
    TypeError
        `in_units` names something that is no parameter of the function.
    UnitError
        On decoration: a unit is unknown. On a call: an argument without a unit, or the wrong one.

    Examples
    --------
    >>> @quantities(concentration="ng/L", flow="m^3/day", returns="mg/day")
    ... def load(concentration, flow):
    ...     return concentration * flow * 1e-3
    >>> print(load("500 ng/L", "5 万吨/日"))
    25000.0 milligram / day
    >>> load.bare(500.0, 50_000.0)
    25000.0
    """
    for unit in (*in_units.values(), *_as_tuple(returns)):
        normalise(unit)

    def decorate(bare: Callable[..., Any]) -> WithUnits:
        signature = inspect.signature(bare)
        unknown = sorted(set(in_units) - set(signature.parameters))
        if unknown:
            raise TypeError(f"{bare.__name__} has no parameter {', '.join(unknown)}")

        @functools.wraps(bare)
        def with_units(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            for name, unit in in_units.items():
                if name in bound.arguments:
                    bound.arguments[name] = _enter(bound.arguments[name], name, unit)
            return _stamp(bare(*bound.args, **bound.kwargs), returns)

        decorated = cast(WithUnits, with_units)
        decorated.in_units = dict(in_units)
        decorated.out_units = returns
        decorated.bare = bare
        return decorated

    return decorate


def _factor(source: str, target: str, from_unit: str, to_unit: str) -> float:
    """Ask the registry for a factor; the last two arguments are for the message."""
    import pint

    try:
        factor = float(registry().convert(1.0, source, target))
    except pint.UndefinedUnitError as error:
        raise UnitError(f"the unit {from_unit!r} is not known: {error}") from None
    except pint.DimensionalityError:
        raise UnitError(
            f"{from_unit!r} cannot be expressed in {to_unit!r}: they measure different things. "
            f"{_dimension_hint(source, target)}"
        ) from None
    rounded = float(f"{factor:.12g}")  # 1000.0000000000001 is an artefact of the conversion
    return rounded if abs(rounded - factor) <= 1e-15 * abs(factor) else factor


def _enter(value: Any, name: str, unit: str) -> Any:
    """Convert one argument to plain numbers in `unit`."""
    if value is None:
        return None
    if isinstance(value, str):
        return magnitude(value, unit)
    if _is_data_array(value):
        return _without_attrs(value, value.data * scale(_unit_of(value, name, unit), unit))
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        spelt = str(value.units)  # the quantity may come from another registry
        return value.magnitude * _factor(spelt, normalise(unit), spelt, unit)
    if unit == "1":
        return value
    raise UnitError(
        f"{name} needs a unit [{unit}], but is a bare {type(value).__name__}. Pass a text like "
        f"'5 {unit}', a pint quantity, or a DataArray with attrs['units']; for plain numbers in "
        f"[{unit}] call the function's .bare"
    )


def _stamp(result: Any, unit: str | tuple[str, ...] | None) -> Any:
    if unit is None or result is None:
        return result
    if isinstance(unit, tuple):
        return tuple(_stamp(part, part_unit) for part, part_unit in zip(result, unit, strict=True))
    if _is_data_array(result):
        stamped = _without_attrs(result, result.data)
        stamped.attrs["units"] = unit
        return stamped
    made = registry()
    return made.Quantity(result, made.parse_units(normalise(unit)))


def _scaled(value: Any, factor: float, unit: str) -> Any:
    if value is None or isinstance(value, int | float):
        return value if value is None else value * factor
    if _is_data_array(value):
        scaled = _without_attrs(value, value.data * factor)
        scaled.attrs["units"] = unit
        return scaled
    import numpy as np

    return np.asarray(value, dtype=float) * factor


def _is_data_array(value: Any) -> bool:
    # a DataArray can only have come from xarray if somebody has imported it
    xarray = sys.modules.get("xarray")
    return xarray is not None and isinstance(value, xarray.DataArray)


def _without_attrs(array: Any, data: Any) -> Any:
    copied = array.copy(deep=False, data=data)
    copied.attrs = {}
    return copied


def _unit_of(array: Any, name: str, unit: str) -> str:
    try:
        return str(array.attrs["units"])
    except KeyError:
        raise UnitError(
            f"{name} is a DataArray without attrs['units']; set it, for example to {unit!r}"
        ) from None


def _as_tuple(units: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if units is None:
        return ()
    return (units,) if isinstance(units, str) else units


def _dimension_hint(source: str, target: str) -> str:
    pair = {source.split("/")[-1], target.split("/")[-1]}
    if pair in ({"g", "L"}, {"kg", "L"}):
        return "Contents of solids (per gram of dry matter) and of liquids (per litre) stay apart."
    if "inhabitant" in source + target:
        return "One of them is per inhabitants and the other is not."
    return "Check the unit column and the header."

"""The public names of wbe.plot, which are loaded when they are first used."""

import subprocess
import sys

import pytest

import wbe.plot
import wbe.recipes


def test_the_table_of_homes_is_the_list_of_public_names():
    assert sorted(wbe.plot._HOMES) == sorted(wbe.plot.__all__)
    assert set(wbe.plot.__all__) <= set(dir(wbe.plot))


def test_no_module_has_the_name_of_a_function():
    """Importing such a module would put it in the place of the function of its package."""
    assert set(wbe.plot._HOMES.values()).isdisjoint(wbe.plot._HOMES)


@pytest.mark.parametrize("name", wbe.plot.__all__)
def test_every_public_name_is_that_of_its_module(name):
    found = getattr(wbe.plot, name)
    home = sys.modules[f"wbe.plot.{wbe.plot._HOMES[name]}"]
    assert found is getattr(home, name)


@pytest.mark.parametrize("package", [wbe.plot, wbe.recipes])
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = package.nonsense


def test_an_estimate_and_a_map_load_neither_trends_nor_protocols():
    code = (
        "import sys\n"
        "from wbe.recipes import estimate\n"
        "from wbe.plot import tier_map\n"
        "unused = ('wbe.trends', 'wbe.recipes.protocols', 'wbe.indicators', 'scipy.optimize')\n"
        "print([name for name in unused if name in sys.modules])\n"
        "import wbe.recipes\n"
        "print(wbe.recipes.protocols.statcan_month.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "statcan_month"]

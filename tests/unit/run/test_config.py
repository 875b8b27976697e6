"""campaign.toml: what is accepted, and every mistake with its key and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wbe.errors import ConfigError, in_language
from wbe.run import config
from wbe.run.keys import KEYS
from wbe.run.problems import Problem, error_of, explained, findings_of

WHOLE = """\
schema = 1
title = "Two towns"
language = "zh"
[data]
samples = ["lab/*.csv"]
sites = "sites.csv"
areas = "areas.geojson"
only_rounds = ["2018Q2"]
[estimate]
factors = "default"
draws = 100
seed = 7
nondetects = "lod/2"
[markers]
cotinine = "0.6 mg/day/inhabitant"
ammonium = { calibrate = true }
water = "150 L/day/inhabitant"
[tiers]
drug = "METH"
scheme = "fixed"
breaks = [20, 60]
statistic = "geometric"
labels = ["general", "moderate", "severe"]
floor = 5
rounds = "quarter"
[privacy]
audience = "internal"
purpose = "county round"
approval = "no. 7"
min_population = 1000
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    (tmp_path / "lab").mkdir()
    for name in ("lab/b.csv", "lab/a.csv", "lab/~$a.csv", "sites.csv", "areas.geojson"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    file = folder / "campaign.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder: Path, text: str) -> list[Problem]:
    loaded, found = config.examine(write(folder, text))
    assert (loaded is None) == bool(found)
    return found


MINIMAL = '[data]\nsamples = ["lab/*.csv"]\n'


def test_every_value_arrives_where_the_job_reads_it(campaign: Path) -> None:
    write(campaign, WHOLE)
    loaded = config.load(campaign)
    assert [f.name for f in loaded.data.samples] == ["a.csv", "b.csv"]
    assert loaded.data.sites == campaign / "sites.csv"
    assert loaded.data.only_rounds == ("2018Q2",)
    assert (loaded.estimate.draws, loaded.estimate.seed) == (100, 7)
    assert list(loaded.markers) == ["cotinine", "ammonium", "water"]
    assert loaded.tiers.drug == "methamphetamine"
    assert loaded.tiers.breaks == (20.0, 60.0)
    assert loaded.privacy.purpose == "county round"


def test_defaults_stand_where_the_file_says_nothing(campaign: Path) -> None:
    loaded = config.load(write(campaign, MINIMAL))
    assert loaded.title == campaign.name
    assert loaded.privacy == config.Privacy("public", "", "", 5000)
    assert loaded.tiers == config.Tiers()
    assert loaded.estimate == config.Estimate()


def test_breaks_without_a_scheme_are_fixed_breaks(campaign: Path) -> None:
    loaded = config.load(write(campaign, MINIMAL + "[tiers]\nbreaks = [1, 2.5]\n"))
    assert loaded.tiers.scheme == "fixed"


def test_a_byte_order_mark_is_no_problem(campaign: Path) -> None:
    (campaign / "campaign.toml").write_text(MINIMAL, encoding="utf-8-sig")
    assert config.load(campaign).name == "campaign.toml"


@pytest.mark.parametrize(
    ("lines", "key", "line", "words"),
    [
        ("[estimate]\ndrawz = 5", "estimate.drawz", 4, "'estimate.draws'"),
        ("[estimate]\nbreaks = [1, 2]", "estimate.breaks", 4, "[tiers]"),
        ("[privcy]\naudience = 'public'", "privcy", 3, "Known keys"),
        ("[estimate]\ndraws = '5'", "estimate.draws", 4, "whole number"),
        ("[estimate]\ndraws = true", "estimate.draws", 4, "whole number"),
        ("[estimate]\ndraws = 2.5", "estimate.draws", 4, "whole number"),
        ("[estimate]\ndraws = -1", "estimate.draws", 4, "0 or more"),
        ("[estimate]\nnondetects = 'lod/3'", "estimate.nondetects", 4, "lod/2"),
        ("[estimate]\npopulation = 'amonium'", "estimate.population", 4, "'ammonium'"),
        ("[tiers]\nbreaks = [60, 20]", "tiers.breaks", 4, "[20, 60]"),
        ("[tiers]\nbreaks = [20, 20]", "tiers.breaks", 4, "do not rise"),
        ("[tiers]\nbreaks = [0, 20]", "tiers.breaks", 4, "above 0"),
        ("[tiers]\nbreaks = [20, nan]", "tiers.breaks", 4, "list of numbers"),
        ("[tiers]\nbreaks = 20", "tiers.breaks", 4, "list of numbers"),
        ("[tiers]\nbreaks = [20]", "tiers.labels", 3, "1 breaks need 2 labels"),
        ("[tiers]\nscheme = 'fixed'", "tiers.scheme", 4, "no breaks"),
        ("[tiers]\nscheme = 'model'", "tiers.scheme", 4, "no breaks"),
        ("[tiers]\nscheme = 'percentile'\nbreaks = [50, 90]", "tiers.reference", 3, "belong"),
        ("[tiers]\nscheme = 'quantiles'", "tiers.scheme", 4, "'quantile'"),
        ("[tiers]\nscheme = 'quantile'\nbreaks = [1, 2]", "tiers.breaks", 5, "own breaks"),
        ("[tiers]\nstatistic = 'mean'", "tiers.statistic", 4, "geometric"),
        ("[tiers]\nquantity = 'index'", "tiers.quantity", 4, "both a drug and a quantity"),
        ("[tiers]\ndrug = 'index'\nquantity = 'pn_consumption'", "tiers.quantity", 5, "both"),
        ("[tiers]\ndrug = 'index'", "tiers.drug", 4, "no doses"),
        ("[index]\nmethamphetamine = 'none|such'", "index.methamphetamine", 4, "none|such"),
        ("[index]\nmethamphetamine = 'MDMA|ACIC'", "index.methamphetamine", 4, "dose of MDMA"),
        (
            "[index]\nmethamphetamine = { dose = '30' , source = 's' }",
            "index.methamphetamine",
            4,
            "",
        ),
        ("[index]\nmetamphetamine = 'MDMA|ACIC'", "index.metamphetamine", 4, "methamphetamine"),
        ("[tiers]\ndrug = 'metamphetamine'", "tiers.drug", 4, "methamphetamine"),
        ("[tiers]\nlabels = ['低', '中', '高']", "tiers.labels", 4, "ASCII"),
        ("[tiers]\nlabels = ['a', 'a', 'b']", "tiers.labels", 4, "twice"),
        ("[tiers]\nlabels = ['not_elevated', 'b', 'c']", "tiers.labels", 4, "floor"),
        ("[tiers]\nfloor = 0", "tiers.floor", 4, "above 0"),
        ("[tiers]\nbreaks = [2, 9]\nfloor = 2", "tiers.floor", 5, "not below"),
        ("[tiers]\nrounds = 'weekly'", "tiers.rounds", 4, "quarter"),
        ("[markers]\ncotinine = 0.6", "markers.cotinine", 4, "unit"),
        ("[markers]\ncotinine = '0.6 ng/L'", "markers.cotinine", 4, "mg/day/inhabitant"),
        ("[markers]\ncotinin = '0.6 mg/day/inhabitant'", "markers.cotinin", 4, "cotinine"),
        ("[markers]\nwater = { calibrate = true }", "markers.water", 4, "not understood"),
        ("[markers]\nwater = '-5 L/day/inhabitant'", "markers.water", 4, ""),
        ("[privacy]\naudience = 'all'", "privacy.audience", 4, "internal"),
        ("[privacy]\naudience = 'internal'\napproval = 'x'", "privacy.purpose", 3, "purpose"),
        ("[privacy]\nmin_population = -1", "privacy.min_population", 4, "0 or more"),
    ],
)
def test_a_mistake_names_its_key_line_and_remedy(
    campaign: Path, lines: str, key: str, line: int, words: str
) -> None:
    found = problems(campaign, MINIMAL + lines + "\n")
    assert [(p.key, p.line) for p in found] == [(key, line)]
    assert words in f"{found[0].message} {found[0].fix}"


@pytest.mark.parametrize(
    ("data", "key", "words"),
    [
        ('samples = ["../x.csv"]', "data.samples", "outside"),
        ('samples = ["/etc/passwd"]', "data.samples", "outside"),
        ('samples = ["C:\\\\x.csv"]', "data.samples", "outside"),
        ('samples = ["lab/*.xlsx"]', "data.samples", "matches no file"),
        ('samples = "lab/a.csv"', "data.samples", "list of texts"),
        ('sites = "sites.csv"', "data.samples", "no lab file"),
        ('samples = ["lab/*.csv"]\nsites = "nowhere.csv"', "data.sites", "matches no file"),
        ('samples = ["lab/*.csv"]\nareas = "../areas.geojson"', "data.areas", "outside"),
        ('samples = ["lab/*.csv"]\nlayout = "odm"', "data.layout", "is not one of"),
    ],
)
def test_paths_stay_inside_the_campaign_and_exist(
    campaign: Path, data: str, key: str, words: str
) -> None:
    found = problems(campaign, f"[data]\n{data}\n")
    assert [p.key for p in found] == [key]
    assert words in f"{found[0].message} {found[0].fix}"


def test_a_link_that_leaves_the_campaign_is_refused(campaign: Path, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "x.csv"
    outside.write_text("x", encoding="utf-8")
    (campaign / "lab" / "c.csv").symlink_to(outside)
    assert "outside" in problems(campaign, MINIMAL)[0].message


def test_mistakes_are_told_in_chinese_too(campaign: Path) -> None:
    text = """schema = 2
title = 5
[data]
samples = ["lab/*.csvx", "/etc/x.csv"]
foo = 1
dilution = 0
layout = "odm"
[estimate]
draws = -1
nondetects = "bad"
population = "guess"
[markers]
water = { a = 1 }
cotinin = "3"
cotinine = 7
ammonium = "-1 mg/day/inhabitant"
[tiers]
drug = "methh"
scheme = "fixed"
labels = ["a b", "c"]
floor = -1
rounds = "week"
breaks = [60, 20]
[privacy]
audience = "internal"
[nonsense]
a = 1
"""
    found = problems(campaign, text)
    assert len(found) > 20
    for problem in found:
        for said in (problem.message, problem.fix):
            assert re.search("[\u4e00-\u9fff]", in_language(said, "zh")), said
    error = error_of(campaign / "campaign.toml", found)
    lines = explained(error, "zh").splitlines()
    assert lines[:2] == [
        f"campaign.toml：{len(found)} 处问题",
        "  第 1 行，键 'schema'：此版本不识别 schema 2。此版本读取 schema = 1。",
    ]
    one = explained(error_of(campaign / "campaign.toml", found[:1]), "zh")
    assert one.startswith("campaign.toml，第 1 行，键 'schema'：此版本不识别")
    listed = list(findings_of("campaign.toml", found))
    assert listed[0].text("zh") == (
        "配置无法使用：此版本不识别 schema 2。",
        "此版本读取 schema = 1。",
    )


def test_the_dots_of_a_list_that_goes_on_are_kept() -> None:
    found = [Problem("", None, said, "") for said in ("it holds a, b, ...", "It is wrong.")]
    texts = [one.text("en")[0] for one in findings_of("campaign.toml", found)]
    assert [text.rpartition(": ")[2] for text in texts] == ["it holds a, b, ....", "It is wrong."]


def test_all_problems_are_told_at_once(campaign: Path) -> None:
    text = "schema = 2\n[data]\nsamples = ['no.csv']\n[tiers]\nbreaks = [3, 1]\nflor = 2\n"
    with pytest.raises(ConfigError) as caught:
        config.load(write(campaign, text))
    for key, line in (("schema", 1), ("data.samples", 3), ("tiers.breaks", 5), ("tiers.flor", 6)):
        assert f"line {line}, key {key!r}" in str(caught.value)
    assert caught.value.file == "campaign.toml"


def test_syntax_encoding_and_absence_are_config_errors(campaign: Path) -> None:
    found = problems(campaign, "title = \n")
    assert found[0].line == 1 and "TOML" in found[0].message
    (campaign / "campaign.toml").write_bytes('title = "县"'.encode("gb18030"))
    with pytest.raises(ConfigError, match="UTF-8"):
        config.load(campaign)
    with pytest.raises(ConfigError, match="wbe init"):
        config.load(campaign / "lab")


def test_overrides_replace_what_the_file_says_and_may_lie_anywhere(
    campaign: Path, tmp_path_factory
) -> None:
    outside = tmp_path_factory.mktemp("downloads") / "loads.csv"
    outside.write_text("x", encoding="utf-8")
    file = write(campaign, '[data]\nsamples = ["put-here.csv"]\n[estimate]\ndraws = 5\n')
    given = {"data.samples": [str(outside)], "estimate.draws": 0, "estimate.seed": None}
    loaded = config.load(file, given)
    assert loaded.data.samples == (outside,)
    assert (loaded.estimate.draws, loaded.estimate.seed) == (0, 1)


def test_results_of_a_run_are_not_lab_files(campaign: Path) -> None:
    (campaign / "lab" / "results").mkdir()
    for name in ("run.json", "estimates.csv"):
        (campaign / "lab" / "results" / name).write_text("{}", encoding="utf-8")
    loaded = config.load(write(campaign, '[data]\nsamples = ["**/*.csv"]\n'))
    assert [f.name for f in loaded.data.samples] == ["a.csv", "b.csv", "sites.csv"]


def test_findings_carry_key_and_line(campaign: Path) -> None:
    found = problems(campaign, MINIMAL + "x = 1\n")
    listed = list(findings_of("campaign.toml", found))
    assert [(f.severity, f.scope, f.file, f.line, f.column) for f in listed] == [
        ("error", "campaign", "campaign.toml", 3, "data.x")
    ]


def test_lab_files_alone_make_a_campaign(campaign: Path) -> None:
    loaded = config.without_file([campaign / "lab" / "a.csv"], {"estimate.draws": 3})
    assert (loaded.name, loaded.title, loaded.estimate.draws) == ("", "lab", 3)
    with pytest.raises(ConfigError, match="no file"):
        config.without_file([campaign / "lab" / "z.csv"])


def test_every_default_is_of_its_own_kind() -> None:
    from wbe.run.keys import KINDS

    for key in KEYS.values():
        if key.default is not None:
            assert KINDS[key.kind](key.default), key.name
            assert key.check is None or key.check(key.default) is None, key.name


def test_factors_are_a_known_set_or_a_table_of_the_campaign(campaign: Path) -> None:
    (campaign / "mine.csv").write_text("factor_id\n", encoding="utf-8")
    loaded = config.load(write(campaign, MINIMAL + "[estimate]\nfactors = 'mine.csv'\n"))
    assert loaded.data.factors == campaign / "mine.csv"
    for value, words in (
        ("defualt", "'default'"),
        ("none.csv", "no file"),
        ("../x.csv", "outside"),
    ):
        found = problems(campaign, MINIMAL + f"[estimate]\nfactors = '{value}'\n")
        assert [(p.key, p.line) for p in found] == [("estimate.factors", 4)]
        assert words in f"{found[0].message} {found[0].fix}"


def test_what_was_typed_is_not_blamed_on_the_file(campaign: Path) -> None:
    file = write(campaign, MINIMAL + "[estimate]\nfactors = 'default'\n")
    with pytest.raises(ConfigError) as caught:
        config.load(file, {"estimate.factors": "nosuch"})
    told = str(caught.value)
    assert told.startswith("key 'estimate.factors': 'nosuch' is not one of")
    assert "campaign.toml" not in told and "line 4" not in told and "on the command line" in told
    assert told.count("'castiglioni2013'") == told.count("'default'") == 1
    assert "命令行" in explained(caught.value, "zh")
    (typed,) = (p for p in config.examine(file, {"estimate.draws": -1})[1])
    assert typed.typed and typed.line is None
    file = write(campaign, MINIMAL + "[estimate]\ndraws = -1\n")
    with pytest.raises(ConfigError, match=r"campaign\.toml") as caught:
        config.load(file, {"estimate.factors": "nosuch"})
    assert "line 4, key 'estimate.draws'" in str(caught.value)


REFERENCE = "value,quantity,unit,statistic,source,kind\n" + "".join(
    f"{k + 1},pn_mass_load,mg/day/1000 inhabitants,geometric,made up,\n" for k in range(12)
)


@pytest.mark.parametrize(
    ("text", "breaks", "words"),
    [
        ("value,unit\n1,x\n", "[50, 90]", "lacks quantity, statistic, source"),
        (REFERENCE.replace("\n5,", "\n-5,"), "[50, 90]", "line 6: '-5' is no positive number"),
        (REFERENCE.replace("made up", "", 1).replace("made up", "other", 1) + REFERENCE[44:],
         "[50, 90]", "different things"),
        ("\n".join(REFERENCE.splitlines()[:5]), "[50, 90]", "10 positive values or more"),
        (REFERENCE, "[50, 100]", "not percentiles"),
    ],
)  # fmt: skip
def test_a_reference_set_that_cannot_be_used_is_named(campaign, text, breaks, words):
    (campaign / "reference.csv").write_text(text, encoding="utf-8")
    lines = f"[tiers]\nscheme = 'percentile'\nbreaks = {breaks}\nreference = 'reference.csv'"
    (campaign / "campaign.toml").write_text(f"{MINIMAL}\n{lines}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(campaign)
    assert words in str(caught.value)


def test_a_reference_set_is_an_input_of_the_campaign(campaign):
    (campaign / "reference.csv").write_text(REFERENCE, encoding="utf-8-sig")
    lines = "[tiers]\nscheme = 'percentile'\nbreaks = [50, 90]\nreference = 'reference.csv'"
    (campaign / "campaign.toml").write_text(f"{MINIMAL}\n{lines}\n", encoding="utf-8")
    found = config.load(campaign)
    assert found.data.reference.name == "reference.csv" and found.tiers.breaks == (50.0, 90.0)


def test_an_index_names_its_doses_and_needs_no_quantity(campaign):
    lines = (
        "[index]\nMETH = 'methamphetamine|Zuccato2008'\n"
        "MDMA = { dose = '100 mg/dose', source = 'made up' }\n[tiers]\ndrug = 'index'"
    )
    (campaign / "campaign.toml").write_text(f"{MINIMAL}\n{lines}\n", encoding="utf-8")
    found = config.load(campaign)
    assert found.tiers.quantity == found.tiers.drug == "index"
    assert set(found.index) == {"methamphetamine", "MDMA"}

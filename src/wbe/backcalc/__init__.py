"""Loads, per-capita loads, consumption and doses; one function an equation."""

from wbe.backcalc.assumptions import Assumed, assumed, dose_row
from wbe.backcalc.combining import APART, Combined, Disagreement, combine
from wbe.backcalc.cotinine_rule import CotinineRule, cotinine_rule
from wbe.backcalc.doses import annual_mass, per_1000_of_age, street_mass
from wbe.backcalc.drug_index import (
    DrugIndex,
    IndexWeights,
    WeightSensitivity,
    alternatives,
    composite_index,
    weight_sensitivity,
    weights_from,
)
from wbe.backcalc.flow_relation import FlowRelation, flow_from_ammonium
from wbe.backcalc.licit import Net, heroin_from_morphine, net_load, subtract
from wbe.backcalc.licit_control import Control, base_mass, maintenance_control
from wbe.backcalc.licit_parts import Part, from_marker, prescribed, share_of
from wbe.backcalc.loads import (
    PN_DOSES_UNIT,
    consumption,
    marker_load,
    mass_load,
    per_1000,
    pn_consumption,
    pn_doses,
    pn_mass_load_from_marker,
    pn_mass_load_from_water,
)
from wbe.backcalc.population import (
    population_from_devices,
    population_from_marker,
    population_from_water,
)
from wbe.backcalc.prevalence_habits import DailyUse, PeriodUse, UseGroup
from wbe.backcalc.prevalence_intervals import (
    consumption_of_users,
    daily_prevalence,
    prevalence,
    user_count,
)
from wbe.backcalc.prevalence_statements import UserInterval
from wbe.backcalc.products import known, multiplied, residue_per_drug, times
from wbe.backcalc.residue_ratios import residue_ratios, usual_range
from wbe.backcalc.residues import (
    Evidence,
    JointConsumption,
    evidence,
    joint_consumption,
)
from wbe.backcalc.residues_amphetamine import (
    MetaboliteRatio,
    NetAmphetamine,
    amphetamine_reading,
    net_amphetamine,
    ratio_by_excretion,
    ratio_observed,
)
from wbe.backcalc.residues_of_samples import evidence_of_samples
from wbe.backcalc.sewer import (
    GammaResidence,
    ListedResidence,
    Residence,
    loss_correction,
    loss_factor,
    sewer_rate,
)
from wbe.backcalc.sewer_band import (
    Scenario,
    SensitivityBand,
    published_scenarios,
    sensitivity_band,
)
from wbe.backcalc.sewer_errors import (
    LossFactor,
    ProductBeforeSewer,
    SewerInputs,
    product_before_sewer,
    with_loss_corrected,
)
from wbe.backcalc.sewer_rates import (
    StabilityRate,
    stability_rate,
    stability_rates,
)
from wbe.backcalc.sources import (
    beyond_transformation,
    direct_disposal,
    disposed_fraction,
    disposed_load,
    side_by_side,
)
from wbe.backcalc.transformation import (
    BeforeSewer,
    Transformation,
    before_sewer,
    through_sewer,
    transformation_of,
)

__all__ = [
    "APART",
    "PN_DOSES_UNIT",
    "Assumed",
    "BeforeSewer",
    "Combined",
    "Control",
    "CotinineRule",
    "DailyUse",
    "Disagreement",
    "DrugIndex",
    "Evidence",
    "FlowRelation",
    "GammaResidence",
    "IndexWeights",
    "JointConsumption",
    "ListedResidence",
    "LossFactor",
    "MetaboliteRatio",
    "Net",
    "NetAmphetamine",
    "Part",
    "PeriodUse",
    "ProductBeforeSewer",
    "Residence",
    "Scenario",
    "SensitivityBand",
    "SewerInputs",
    "StabilityRate",
    "Transformation",
    "UseGroup",
    "UserInterval",
    "WeightSensitivity",
    "alternatives",
    "amphetamine_reading",
    "annual_mass",
    "assumed",
    "base_mass",
    "before_sewer",
    "beyond_transformation",
    "combine",
    "composite_index",
    "consumption",
    "consumption_of_users",
    "cotinine_rule",
    "daily_prevalence",
    "direct_disposal",
    "disposed_fraction",
    "disposed_load",
    "dose_row",
    "evidence",
    "evidence_of_samples",
    "flow_from_ammonium",
    "from_marker",
    "heroin_from_morphine",
    "joint_consumption",
    "known",
    "loss_correction",
    "loss_factor",
    "maintenance_control",
    "marker_load",
    "mass_load",
    "multiplied",
    "net_amphetamine",
    "net_load",
    "per_1000",
    "per_1000_of_age",
    "pn_consumption",
    "pn_doses",
    "pn_mass_load_from_marker",
    "pn_mass_load_from_water",
    "population_from_devices",
    "population_from_marker",
    "population_from_water",
    "prescribed",
    "prevalence",
    "product_before_sewer",
    "published_scenarios",
    "ratio_by_excretion",
    "ratio_observed",
    "residue_per_drug",
    "residue_ratios",
    "sensitivity_band",
    "sewer_rate",
    "share_of",
    "side_by_side",
    "stability_rate",
    "stability_rates",
    "street_mass",
    "subtract",
    "through_sewer",
    "times",
    "transformation_of",
    "user_count",
    "usual_range",
    "weight_sensitivity",
    "weights_from",
    "with_loss_corrected",
]

"""Datasets, indicators, and the parameters of the model world with their units. No drawing of numbers."""

from __future__ import annotations

from dataclasses import dataclass

CERTIFICATES = ("ohne_abschluss", "hauptschulabschluss", "mittlerer_abschluss", "fachhochschulreife", "hochschulreife")
ABSORBING = "mittlerer_abschluss"  # gives what the others gain and takes what they lose
CERTIFICATE_INDICATORS = tuple(f"schulabgaenge_{certificate}" for certificate in CERTIFICATES)
CARE_INDICATOR, KITA_INDICATOR, YOUTH_INDICATOR = "betreuungsquote_u3", "betreuungsquote_ue3", "jugendarbeitslosenquote"
INDICATORS = (*CERTIFICATE_INDICATORS, CARE_INDICATOR, KITA_INDICATOR, YOUTH_INDICATOR)
"""Those on which an effect can be planted."""
WELFARE_INDICATOR, BIRTH_INDICATOR, UNEMPLOYMENT_INDICATOR = "sgbii_quote", "geburten_je_1000", "arbeitslosenquote"

AGES = ("unter_3", "3_bis_unter_6", "6_bis_unter_15", "15_bis_unter_18", "18_bis_unter_21", "21_und_aelter")
CARE_AGES = ("unter_1", "1_bis_unter_2", "2_bis_unter_3", "3_bis_unter_6")
CARE_FORMS = ("tageseinrichtung", "kindertagespflege")
WELFARE_GROUPS = ("aged_15_and_older", "children_under_15")
UNEMPLOYED_GROUPS = ("insgesamt", "maenner", "frauen", "15_bis_unter_25", "55_bis_unter_65", "auslaender")
LEAVERS, POPULATION, CARE, WELFARE = DATASETS = (
    "schulabgaenge",
    "bevoelkerung",
    "kindertagesbetreuung",
    "mindestsicherung",
)
BIRTHS, MEAN_POPULATION, UNEMPLOYMENT = OFFICIAL_DATASETS = ("geburten", "bevoelkerung_mittel", "arbeitslosigkeit")
"""Those of which there are official tables only, all years in one."""

Shares = tuple[float, float, float, float, float]  # by certificate, in the order of CERTIFICATES
ByAge = tuple[float, float, float, float, float, float]  # in the order of AGES


@dataclass(frozen=True)
class WorldParameters:
    """What the model world is made of. Tuples of type Shares are by certificate, shares and shifts in percent of all leavers (points); ByAge by age group.

    Movements over time are additive in percentage points, the scale on which the effects are defined. They are common to all Kreise but
    for drifts by kind and need and for errors, both at the size measured on genuine series (series.py); so trends are parallel only
    between Kreise of the same kind and need. Levels differ by need, which is higher in cities and where the programme started.
    """

    leavers_median_city: float = 2400.0  # leavers a year
    leavers_median_kreis: float = 3200.0
    leavers_log_sd: float = 0.40
    leavers_growth: float = -0.01  # a year, relative
    leavers_noise_sd: float = 0.01  # relative, by Kreis and year

    shares_2012: Shares = (5.6, 17.0, 40.0, 5.0, 32.4)  # of a Kreis with need 0
    need_on_logit: Shares = (0.18, 0.12, 0.0, 0.0, -0.12)  # per unit of need
    selection_of_later_cohorts: float = 0.5  # of that of the first cohort by need
    kreis_logit_sd: float = 0.08
    town_logit_sd: float = 0.08  # of a town, and of the rest, around its Kreis

    trend: Shares = (0.0, -0.3, -0.1, 0.0, 0.4)  # points a year, from 2012
    common_shock_sd: Shares = (0.1, 0.3, 0.0, 0.15, 0.4)  # points; the absorbing certificate takes the rest
    unmeasured_noise_sd: float = 0.3  # points, by Kreis and year, of fachhochschulreife, of which there is no series
    double_abitur_year: int = 2013
    double_abitur_shift: Shares = (-0.7, -1.8, -4.5, -1.0, 8.0)  # points
    double_abitur_leavers: float = 1.15  # factor

    male_share: Shares = (0.60, 0.57, 0.51, 0.52, 0.455)  # of the leavers with that certificate
    evening_school: Shares = (0.0, 0.03, 0.03, 0.03, 0.03)  # municipal deliveries count these leavers on top, relative

    people_per_leaver: ByAge = (2.16, 2.25, 7.9, 3.0, 3.15, 70.0)  # in 2012, per leaver of a year: fewer births than leavers
    people_growth: ByAge = (0.004, 0.002, -0.012, -0.010, -0.005, 0.003)  # a year, relative
    people_kreis_log_sd: float = 0.04  # by Kreis and age group, constant over time
    people_noise_sd: float = 0.003  # relative, by Kreis, year and age group
    people_male_share: ByAge = (0.513, 0.513, 0.513, 0.513, 0.513, 0.482)
    registered_on_top: float = 0.008  # municipal registers count these persons on top, relative

    care_path: tuple[tuple[int, float], ...] = (  # percent of the children under 3; the legal claim of August 2013 shows in 2014
        *((2000, 5.0), (2006, 6.5), (2009, 11.5), (2012, 18.0), (2013, 20.0)),
        *((2014, 23.5), (2016, 25.5), (2019, 28.5), (2030, 36.0)),
    )
    care_on_need: float = -0.3  # points per unit of need
    care_kreis_sd: float = 0.5  # points
    care_town_sd: float = 0.2  # points, of a town, and of the rest, around its Kreis
    care_common_shock_sd: float = 0.2  # points
    care_errors_grow_until: float = 10.0  # percent of the children under 3; below, errors are smaller in proportion
    care_least: float = 0.2  # percent, without the programme: some children are always in care
    care_share_by_age: tuple[float, float, float] = (0.02, 0.36, 0.62)  # of the children under 3 in care
    care_in_families: tuple[float, float] = (0.3, 0.01)  # share in family day care, under 3 and from 3 on
    kita_path: tuple[
        tuple[int, float], ...
    ] = (  # percent of the children from 3 to under 6; more children from 2015 on than places
        *((2000, 84.0), (2006, 86.0), (2008, 89.5), (2012, 91.0)),
        *((2014, 90.5), (2016, 88.5), (2019, 87.0), (2030, 88.0)),
    )
    kita_on_need: float = -1.0  # points per unit of need
    kita_kreis_sd: float = 1.0  # points
    kita_town_sd: float = 0.2  # points, of a town, and of the rest, around its Kreis
    kita_common_shock_sd: float = 0.2  # points
    kita_most: float = 97.0  # percent, without the programme: some children always stay at home
    care_on_top: float = 0.01  # municipal deliveries count these children on top, relative: privately paid family day care

    welfare_quota: float = 9.0  # percent of the population, of a Kreis with need 0; need is this rate in 2007 to 2010
    welfare_trend: float = -0.05  # points a year, from 2012
    welfare_common_shock_sd: float = 0.2  # points
    welfare_children: float = 0.26  # share of children under 15 among the persons
    welfare_on_top: float = 0.015  # municipal deliveries count these persons on top, relative: late applications

    birth_path: tuple[tuple[int, float], ...] = (  # per 1,000 residents, beside what makes a third of the children under 3 a year
        *((2000, 0.8), (2006, 0.1), (2009, -0.2), (2013, 0.0), (2015, 0.75), (2016, 1.2), (2030, 1.2)),
    )
    birth_common_shock_sd: float = 0.05  # per 1,000
    birth_male_share: float = 0.513

    labour_force: tuple[float, float, float, float, float, float] = (0.52, 0.276, 0.244, 0.057, 0.085, 0.057)
    # of the population, by group of UNEMPLOYED_GROUPS; the table doesn't give it, and no rate of those of 55 to 64
    unemployment_path: tuple[tuple[int, float], ...] = (  # percent of the labour force, of a Kreis with need 0
        *((2000, 9.0), (2005, 11.5), (2006, 11.3), (2007, 9.4), (2008, 8.3), (2009, 8.8), (2011, 7.9)),
        *((2013, 8.2), (2016, 7.6), (2019, 6.5), (2030, 6.5)),
    )
    unemployment_on_need: float = 0.28  # per unit of need, on the logarithm of the level
    unemployment_kreis_sd: float = 0.5  # points
    unemployment_of_groups: tuple[float, float, float] = (
        0.545,
        0.165,
        0.23,
    )  # shares of the unemployed: men, 55 to 64, foreigners
    youth_path: tuple[tuple[int, float], ...] = (  # percent of the labour force aged 15 to 24, of a Kreis with need 0
        *((2000, 8.5), (2005, 11.5), (2006, 10.5), (2007, 8.2), (2008, 7.4), (2009, 8.6), (2011, 7.0)),
        *((2013, 7.5), (2016, 6.8), (2019, 5.8), (2030, 5.8)),
    )
    youth_on_need: float = 0.22  # per unit of need, on the logarithm of the level
    youth_kreis_sd: float = 0.4  # points
    youth_town_sd: float = 0.2  # points, of a town, and of the rest, around its Kreis
    unemployment_errors_grow_until: float = 4.0  # percent, of both rates; below, errors are smaller in proportion
    unemployment_common_shock_sd: float = 0.1  # points, of both rates

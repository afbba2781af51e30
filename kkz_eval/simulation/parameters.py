"""Certificates, and the parameters of the model world with their units. No drawing of numbers."""

from __future__ import annotations

from dataclasses import dataclass

CERTIFICATES = ("ohne_abschluss", "hauptschulabschluss", "mittlerer_abschluss", "fachhochschulreife", "hochschulreife")
SEXES = ("m", "w")
ABSORBING = "mittlerer_abschluss"  # gives what the others gain and takes what they lose
INDICATORS = tuple(f"schulabgaenge_{certificate}" for certificate in CERTIFICATES)

Shares = tuple[float, float, float, float, float]  # by certificate, in the order of CERTIFICATES


@dataclass(frozen=True)
class WorldParameters:
    """What the model world is made of. Tuples are by certificate; shares and shifts in percent of all leavers (points).

    Movements over time are additive in percentage points and common to all Kreise, so that trends are parallel on the scale
    on which the effects are defined; levels differ by a score of need, which is higher where the programme started.
    """

    leavers_median_city: float = 2400.0  # leavers a year
    leavers_median_kreis: float = 3200.0
    leavers_log_sd: float = 0.40
    leavers_growth: float = -0.01  # a year, relative
    leavers_noise_sd: float = 0.01  # relative, by Kreis and year

    shares_2012: Shares = (5.6, 17.0, 40.0, 5.0, 32.4)  # of a Kreis with need 0
    need_on_logit: Shares = (0.18, 0.12, 0.0, 0.0, -0.12)  # per unit of need
    need_of_first_cohort: float = 0.8
    need_of_later_cohorts: float = 0.4
    kreis_logit_sd: float = 0.08
    town_logit_sd: float = 0.08  # of a town, and of the rest, around its Kreis

    trend: Shares = (0.0, -0.3, -0.1, 0.0, 0.4)  # points a year, from 2012
    common_shock_sd: Shares = (0.1, 0.3, 0.0, 0.15, 0.4)  # points; the absorbing certificate takes the rest
    noise_sd: Shares = (0.2, 0.6, 0.0, 0.3, 0.9)  # points, by Kreis and year; likewise
    double_abitur_year: int = 2013
    double_abitur_shift: Shares = (-0.7, -1.8, -4.5, -1.0, 8.0)  # points
    double_abitur_leavers: float = 1.15  # factor

    male_share: Shares = (0.60, 0.57, 0.51, 0.52, 0.455)  # of the leavers with that certificate
    evening_school: Shares = (0.0, 0.03, 0.03, 0.03, 0.03)  # municipal deliveries count these leavers on top, relative

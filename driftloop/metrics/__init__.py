"""How two columns differ: one formula per file, and the table of the metrics that a report shows.

A new metric is one file with its formula and one row of ``METRICS``. The report, its page, the
documentation page and the conformance tests all read the row. Metrics know nothing of each other,
and none decides whether a value is large: the drift policy does.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from driftloop.metrics.chi_square import MIN_EXPECTED, chi_square
from driftloop.metrics.cohens_h import missing_cohens_h
from driftloop.metrics.hellinger import hellinger
from driftloop.metrics.jensen_shannon import jensen_shannon
from driftloop.metrics.ks import ks
from driftloop.metrics.l_infinity import l_infinity
from driftloop.metrics.psi import psi, psi_corrected
from driftloop.metrics.wasserstein import wasserstein
from driftloop.profile.column_pair import BinnedCounts, CdfPair, ColumnPair, MissingCounts

Compute = Callable[[ColumnPair], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftMetric:
    """A row of ``METRICS``: how a metric is computed, what is promised of it, and its description.

    The conformance tests hold each metric to its properties; ``docs/drift-metrics.md`` is made from
    the texts, each a sentence or two.

    Attributes:
        name: Key in the report's JSON, in snake case.
        label: Name on the report's page.
        compute: Gives the value, None where the metric is not defined for a column (no order, no
            standard deviation, or a side without records).
        meaning: One line.
        formula: The formula, in p and q (shares of the reference and of the window in a bin) or
            F and G (their distribution functions).
        convention: Logarithm, bins and denominators, where the literature has more than one.
        source: A paper, or the library whose convention this is.
        detects: The changes that it responds to.
        blind_to: The changes that it does not show, or shows misleadingly.
        decides: Its part in verdicts; None where the metric is shown and decides nothing.
        symmetric: The value is the same with reference and window exchanged on the same bins.
        rank_based: No increasing function of the values changes it.
        needs_order: It is not defined for categories.
        upper: The largest value, None where there is none. The smallest is always 0.
        measures: What is compared: the values that are there, or the share that is missing.
        more_records: What happens to the value if every record of both sides counts twice: nothing
            ("unchanged"), it doubles ("proportional"), or the bias that it subtracts is halved
            ("bias_corrected").
    """

    name: str
    label: str
    compute: Compute
    meaning: str
    formula: str
    convention: str
    source: str
    detects: str
    blind_to: str
    decides: str | None = None
    symmetric: bool = True
    rank_based: bool = True
    needs_order: bool = False
    upper: float | None = None
    measures: Literal["values", "missing_share"] = "values"
    more_records: Literal["unchanged", "proportional", "bias_corrected"] = "unchanged"


def _on_bins(formula: Callable[[BinnedCounts], float | None]) -> Compute:
    return lambda pair: formula(pair.bins)


def _on_cdfs(formula: Callable[[CdfPair], float | None]) -> Compute:
    return lambda pair: None if pair.cdfs is None else formula(pair.cdfs)


def _on_missing_counts(formula: Callable[[MissingCounts], float | None]) -> Compute:
    return lambda pair: formula(pair.missing_counts)


_BINS = "bins are deciles of the reference, its single values where they are few, or categories"

METRICS: tuple[DriftMetric, ...] = (
    DriftMetric(
        name="ks",
        label="KS",
        compute=_on_cdfs(ks),
        meaning="Kolmogorov-Smirnov distance.",
        formula="D = sup |F(x) − G(x)|",
        convention="Exact at every split point of the baseline; `ks_max_error` bounds the error.",
        source="Kolmogorov 1933, Smirnov 1948; p-value by Stephens, J. R. Stat. Soc. B 32 (1970).",
        detects="Shifts and changes of spread or form, best in the middle of the distribution.",
        blind_to="How far values moved; changes of the tails, which hold little mass.",
        decides="Statistic of the Kolmogorov-Smirnov test. As the mean shift that would cause it,"
        " 2 Φ⁻¹((1 + D) / 2), it is an effect size of the distribution, compared with"
        " `min_effect_size`.",
        needs_order=True,
        upper=1.0,
    ),
    DriftMetric(
        name="psi",
        label="PSI",
        compute=_on_bins(psi),
        meaning="Population stability index, natural logarithm.",
        formula="PSI = Σ (q − p) ln(q / p)",
        convention=f"Natural logarithm; {_BINS}; an empty bin counts as half a record.",
        source='Siddiqi, "Credit Risk Scorecards" (2006); Jeffreys\' divergence, Lin 1991.',
        detects="Any change of shares, rare bins above all.",
        blind_to="Changes within a bin. Grows with small samples: without drift it is about"
        " (b − 1)(1/n + 1/m) on b bins, 0.09 at 200 records on ten bins.",
    ),
    DriftMetric(
        name="psi_corrected",
        label="PSI corrected",
        compute=_on_bins(psi_corrected),
        meaning="PSI less its expectation without drift.",
        formula="max(0, PSI − (b − 1)(1/n + 1/m))",
        convention="As PSI; b counts the bins that are not empty on both sides.",
        source="Yurdakul and Naranjo, J. Risk Model Validation 14 (2020).",
        detects="Any change of shares, in windows of any size.",
        blind_to="Changes within a bin, and those smaller than the bias that it subtracts.",
        more_records="bias_corrected",
    ),
    DriftMetric(
        name="jensen_shannon",
        label="Jensen-Shannon",
        compute=_on_bins(jensen_shannon),
        meaning="Jensen-Shannon distance, base 2.",
        formula="√((KL(p ∥ m) + KL(q ∥ m)) / 2), m = (p + q) / 2",
        convention="Distance, not divergence; logarithm to base 2, as"
        f" `scipy.spatial.distance.jensenshannon(p, q, base=2)`; {_BINS}.",
        source="Lin, IEEE Trans. Inf. Theory 37 (1991); Endres and Schindelin, ibid. 49 (2003).",
        detects="Any change of shares; finite where a bin is empty on one side.",
        blind_to="Changes within a bin. Grows with small samples.",
        upper=1.0,
    ),
    DriftMetric(
        name="wasserstein",
        label="Wasserstein",
        compute=_on_cdfs(wasserstein),
        meaning="Wasserstein-1 distance in standard deviations of the reference.",
        formula="∫ |F(x) − G(x)| dx / s",
        convention="s is the reference's standard deviation (ddof = 0); without it,"
        " `scipy.stats.wasserstein_distance`. F and G are straight lines between split points; null"
        " where the intervals beyond 99.9% of the reference would hold more than 5% of it.",
        source="Vallender, Theory Probab. Appl. 18 (1974).",
        detects="How far values moved, those of the tails too.",
        blind_to="Shifts of the bulk once an extreme value of the reference inflates s.",
        symmetric=False,
        rank_based=False,
        needs_order=True,
    ),
    DriftMetric(
        name="hellinger",
        label="Hellinger",
        compute=_on_bins(hellinger),
        meaning="Hellinger distance.",
        formula="√(Σ (√p − √q)² / 2) = √(1 − Σ √(p q))",
        convention=f"Divided by √2, so that it lies in 0 to 1; {_BINS}.",
        source="Hellinger, J. reine angew. Math. 136 (1909).",
        detects="Any change of shares; rare bins weigh less than in PSI.",
        blind_to="Changes within a bin. Grows with small samples.",
        upper=1.0,
    ),
    DriftMetric(
        name="chi_square",
        label="chi²",
        compute=_on_bins(chi_square),
        meaning="Two-sample chi-square statistic.",
        formula="X² = Σ (O − E)² / E",
        convention=f"2 × k table, both samples vary, no continuity correction; {_BINS}; bins that"
        f" expect fewer than {MIN_EXPECTED} records on either side are pooled.",
        source='Agresti, "Categorical Data Analysis", section 3.2;'
        " `scipy.stats.chi2_contingency(correction=False)` of the pooled table.",
        detects="Any change of shares of frequent bins.",
        blind_to="The size of a change: it grows with the number of records. Single rare categories"
        " are pooled, and have a test of their own.",
        decides="Statistic of the chi-square test of the distribution.",
        more_records="proportional",
    ),
    DriftMetric(
        name="l_infinity",
        label="L∞",
        compute=_on_bins(l_infinity),
        meaning="Largest difference of a share.",
        formula="max |p − q|",
        convention=f"{_BINS[0].upper()}{_BINS[1:]}.",
        source="SageMaker Model Monitor's distance for categorical columns.",
        detects="One bin or category that changed much.",
        blind_to="Many small changes, and changes within a bin.",
        upper=1.0,
    ),
    DriftMetric(
        name="missing_cohens_h",
        label="missing, h",
        compute=_on_missing_counts(missing_cohens_h),
        meaning="Cohen's h of the share of missing values.",
        formula="h = |2 asin √q − 2 asin √p|",
        convention="p and q are the missing shares of all records, without sign.",
        source='Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 6.',
        detects="More or fewer missing values.",
        blind_to="The values that are there.",
        decides="Effect size of a change of the missing share, compared with"
        " `min_share_effect_size`.",
        upper=math.pi,
        measures="missing_share",
    ),
)

NAMES = tuple(metric.name for metric in METRICS)


LABELS: Mapping[str, str] = {metric.name: metric.label for metric in METRICS}
"""What the report's page calls each metric."""


def compute_metrics(pair: ColumnPair, names: Collection[str] = NAMES) -> Mapping[str, float | None]:
    """Metrics of a column by name, None where one is not defined for it."""
    return {metric.name: metric.compute(pair) for metric in METRICS if metric.name in names}

"""docs/drift-metrics.md, from the table of drift metrics and the tests that decide verdicts."""

from docs.generator.markdown import head, table
from driftloop.comparison.category_changes import MIN_NEW_CATEGORIES
from driftloop.comparison.profiles import TESTS_PER_COLUMN
from driftloop.detection.decision_rule import (
    CORRELATION_FDR_FRACTION,
    MIN_ASSOCIATION_CHANGE,
    MIN_CORRELATION_CHANGE,
)
from driftloop.detection.policy import DriftPolicy
from driftloop.metrics import METRICS, DriftMetric
from driftloop.metrics.atoms import MIN_ATOM_SHARE, MIN_OTHER_VALUES
from driftloop.metrics.chi_square import MIN_EXPECTED
from driftloop.metrics.correlation_change import MIN_OFF_MODE_RECORDS, MIN_PAIR_RECORDS
from driftloop.metrics.spikes import MIN_COUNT
from driftloop.profile.column_groups import MAX_PAIRS

_DEFAULTS = DriftPolicy()

_INTRO = f"""\
A report shows these metrics for every column. They describe a change; a verdict is decided by the
tests and effect sizes in the [second part](#what-decides-a-verdict): a column has drifted where a
change is statistically significant at the false discovery rate
(`monitoring.false_discovery_rate`, {_DEFAULTS.false_discovery_rate:g}) and its effect size is at
least the minimum. [Statistics](statistics.md) explains the rule and its assumptions.

In formulas p and q are the shares of the reference and of the window in a bin, F and G their
distribution functions, n and m their numbers of records. Metrics of values are null in the report
where a side has no value.
"""

_DECIDES = f"""\
The three kinds of tests of a column give one p-value, min(1, {TESTS_PER_COLUMN} × the smallest)
(Bonferroni). Benjamini-Hochberg over all columns turns p-values into q-values. A statistically
significant column has drifted where the kind of change that is significant by its own test also
reaches its minimum effect size; else it is a minor change. The tests of correlations and of
associations are families of their own beside the columns.
"""

TESTS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "Kolmogorov-Smirnov",
        "The values of a numeric column have another distribution.",
        "Limiting distribution with Stephens's term for small samples; conservative with ties.",
        "mean shift 2 Φ⁻¹((1 + D) / 2), or Cohen's w if larger",
        "`min_effect_size`",
    ),
    (
        "chi-square, two samples",
        "Shares of bins or categories differ.",
        f"Bins that expect fewer than {MIN_EXPECTED} records on either side are pooled; of two bins"
        " Fisher's exact test is taken. The smaller p-value of this and Kolmogorov-Smirnov counts.",
        "Cohen's w less its expectation without drift; the mean shift if larger",
        "`min_effect_size`",
    ),
    (
        "hypergeometric, each category",
        "A category, or a value of a numeric column with few values, changed its share.",
        "Exact for new and disappeared categories, else Hoeffding's bound; two-sided, times the"
        " number of categories.",
        "Cohen's h of the category's share",
        "`min_share_effect_size` where it is new or disappeared, else `min_effect_size`",
    ),
    (
        "unseen mass",
        f"{MIN_NEW_CATEGORIES} or more new categories together have a larger share than a long tail"
        " of the reference lets expect.",
        "Fisher's exact test against the share of the reference's categories that occur once (Good"
        " 1953); counts once as a category.",
        "Cohen's h of both shares",
        "`min_share_effect_size` where the reference has no such category, else `min_effect_size`",
    ),
    (
        "tails",
        "More values of a numeric column lie beyond all of the reference than chance lets expect.",
        "Probability that the k largest (or smallest) of all values are of the window, C(m, k) /"
        " C(n + m, k); two-sided, times two.",
        "Cohen's h of their share",
        "`min_share_effect_size`",
    ),
    (
        "spikes",
        "A single value of a numeric column changed its share.",
        "As for a category, in the kept samples, for each value that both together have"
        f" {MIN_COUNT} times or more; times two. Not where the window's values were rounded.",
        "Cohen's h of the value's share",
        "`min_share_effect_size` where it is new or disappeared, else `min_effect_size`",
    ),
    (
        "Kolmogorov-Smirnov beside atoms",
        f"The values other than those that hold {MIN_ATOM_SHARE:.0%} of the reference each have"
        " another distribution.",
        f"As Kolmogorov-Smirnov, with {MIN_OTHER_VALUES} such values on either side; times two, and"
        " so are then the tests of the whole distribution.",
        "mean shift 2 Φ⁻¹((1 + D) / 2), in standard deviations of these values",
        "`min_effect_size`",
    ),
    (
        "Fisher's exact, missing values",
        "The share of missing values changed.",
        "Two-sided. Fewer missing predictions than in the reference are no change.",
        "Cohen's h of the missing share",
        "`min_share_effect_size`",
    ),
    (
        "correlation of normal scores",
        "The correlation of two numeric features changed.",
        f"Student's t over all pairs (Bonferroni) at {CORRELATION_FDR_FRACTION:g} of the false"
        f" discovery rate; {MIN_PAIR_RECORDS} records with both values on either side, and"
        f" {MIN_OFF_MODE_RECORDS} of each feature beside its most frequent value.",
        "absolute change of the correlation",
        f"{MIN_CORRELATION_CHANGE:g}",
    ),
    (
        "association",
        "Two features of any kinds depend on each other in another way.",
        "Three-way interaction of both sides' tables, in groups, by raking; the smaller of X² and"
        f" G²; over all watched pairs (Bonferroni) at {CORRELATION_FDR_FRACTION:g} of the false"
        f" discovery rate. All pairs of up to {MAX_PAIRS}, else those most associated in the"
        " training data.",
        "Cohen's w of what changed, less its expectation without drift",
        f"{MIN_ASSOCIATION_CHANGE:g}",
    ),
)
"""Test, what it tests, how, its effect size, and the minimum of that."""


def page() -> str:
    """The page's text."""
    overview = [
        [
            f"[`{metric.name}`](#{metric.name})",
            metric.label,
            metric.meaning,
            value_range(metric),
            "no" if metric.decides is None else "yes",
        ]
        for metric in METRICS
    ]
    columns = ["metric", "on the page", "meaning", "range", "part of a verdict"]
    text = head("Drift metrics", "driftloop/metrics/__init__.py", _INTRO)
    text += "\n" + table(columns, overview)
    text += "".join(_section(metric) for metric in METRICS)
    text += f"\n## What decides a verdict\n\n{_DECIDES}\n"
    return text + table(["test", "tests whether", "how", "effect size", "minimum"], TESTS)


def value_range(metric: DriftMetric) -> str:
    """The values that a metric can have."""
    return "0 or more" if metric.upper is None else f"0 to {metric.upper:.4g}"


def _section(metric: DriftMetric) -> str:
    rows = [
        ["formula", metric.formula],
        ["convention", metric.convention],
        ["range", value_range(metric)],
        ["properties", _properties(metric)],
        ["source", metric.source],
        ["detects", metric.detects],
        ["does not show", metric.blind_to],
        ["decides", metric.decides or "Nothing; it is shown only."],
    ]
    title = f"\n## {metric.name}\n\n{metric.meaning}\n\n"
    return title + table(["property", metric.label], rows)


def _properties(metric: DriftMetric) -> str:
    """What the conformance tests hold the metric to."""
    sides = "symmetric" if metric.symmetric else "not symmetric"
    values = "of ranks" if metric.rank_based else "of values"
    kinds = "numeric columns" if metric.needs_order else "numeric and categorical columns"
    growth = {
        "unchanged": "independent of the number of records",
        "proportional": "grows with the number of records",
        "bias_corrected": "corrected for the number of records",
    }[metric.more_records]
    return f"{sides}; {values}; {growth}; {kinds}"

"""Parts of reports for tests of what reads them, with defaults for all that a test does not set."""

from collections.abc import Mapping
from typing import Any

from driftloop.comparison.summary import (
    CategoricalSummary,
    CategoryShares,
    NumericSummary,
    Quantiles,
)
from driftloop.detection import ColumnStatus, DriftPolicy, WindowVerdict
from driftloop.detection.policy import MinEffectSizes
from driftloop.report import WindowReport
from driftloop.report.window_report import (
    BaselineInfo,
    CategoricalColumnReport,
    ColumnPValues,
    Counts,
    DataQuality,
    EffectSizes,
    NumericColumnReport,
)
from driftloop.window import Window, parse_time

WINDOW = Window(parse_time("2026-03-02T20:00:00Z"), parse_time("2026-03-02T21:00:00Z"))


def shares(category: str, reference: float, current: float, tag: Any = "") -> CategoryShares:
    return CategoryShares(category=category, reference=reference, current=current, tag=tag)


def numeric_side(
    quantiles: tuple[float | None, ...] = (10, 20, 30, 40, 50), **more: Any
) -> NumericSummary:
    """One side by its 5%, 25%, 50%, 75% and 95% quantiles."""
    p05, p25, p50, p75, p95 = quantiles
    given = Quantiles(p01=p05, p05=p05, p25=p25, p50=p50, p75=p75, p95=p95, p99=p95)
    values: dict[str, Any] = {
        "records": 1000,
        "missing_share": 0.0,
        "invalid_type_share": 0.0,
        "infinite_share": 0.0,
        "mean": p50,
        "std": 1.0,
        "min": p05,
        "max": p95,
        "median": p50,
        "quantiles": given,
    }
    return NumericSummary(**{**values, **more})


def _shared(status: str, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "records": 1000,
        "missing_records": 0,
        "metrics": {},
        "ks_max_error": None,
        "p_values": ColumnPValues(),
        "effect_size": 0.5,
        "effect_sizes": EffectSizes(distribution=0.5, missing=0.0),
        "min_effect_sizes": MinEffectSizes(0.2, 0.1),
        "changed_categories": (),
        "p_value": 1e-9,
        "q_value": 1e-9,
        "design_effect": 1.0,
        "reference_weeks": 0,
        "status": ColumnStatus(status),
        "drifted": status == "drifted",
        "since": None,
        "reasons": (),
    }
    return {**values, **more}


def numeric(
    reference: NumericSummary | None = None,
    current: NumericSummary | None = None,
    *,
    status: str = "drifted",
    **more: Any,
) -> NumericColumnReport:
    return NumericColumnReport(
        reference=reference or numeric_side(),
        current=current or numeric_side(),
        **_shared(status, **{"histogram": None, **more}),
    )


def categorical(
    *categories: CategoryShares, status: str = "drifted", **more: Any
) -> CategoricalColumnReport:
    side = CategoricalSummary(
        records=1000,
        missing_share=0.0,
        unseen_share=0.0,
        grouped_share=0.0,
        other_share=0.0,
        categories=len(categories),
        top=None,
    )
    return CategoricalColumnReport(
        reference=side, current=side, categories=categories, **_shared(status, **more)
    )


def report(verdict: str = "drifted", **more: Any) -> WindowReport:
    features: Mapping[str, Any] = more.get("features", {})
    values: dict[str, Any] = {
        "model": "churn",
        "version": 3,
        "reasons": (),
        "window": WINDOW,
        "since": None,
        "counts": Counts(
            lines_read=1000,
            lines_used=1000,
            lines_skipped={},
            lines_rejected={},
            records=1000,
            requests=1000,
            missing_predictions=0,
            duplicate_share=None,
        ),
        "features": {},
        "drifted_features": tuple(n for n, column in features.items() if column.drifted),
        "prediction": None,
        "multivariate": None,
        "data_quality": DataQuality(),
        "policy": DriftPolicy(),
        "baseline": BaselineInfo(fingerprint="0" * 32, reference_records=5000),
    }
    return WindowReport(verdict=WindowVerdict(verdict), **{**values, **more})

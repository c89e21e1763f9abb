"""The report of one window: plain data, the same for the same inputs to the last bit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from driftloop.comparison import (
    ColumnComparison,
    CorrelationDrift,
    compare_profile,
    summarize_column,
)
from driftloop.comparison.quantiles import NOTHING_SAMPLED
from driftloop.comparison.reference import ComparedColumn, pair_with_reference
from driftloop.detection import reasons
from driftloop.detection.decision_rule import PREDICTION_KEY, detect_drift
from driftloop.detection.exclusions import excluded_features, exclusion_notes, suspected_notes
from driftloop.detection.persistence import drifted_columns
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import DRIFTED, ColumnVerdict, Verdict
from driftloop.profile import Baseline, Profile
from driftloop.quality import check_constraints, estimate_duplicates, find_rounding
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.report import notes
from driftloop.report.notes import seasonality_notes
from driftloop.window import Window

FORMAT = 1

_ALWAYS = ("ks", "psi", "jensen_shannon")


def build_report(
    baseline: Baseline,
    profile: Profile,
    *,
    window: Window,
    policy: DriftPolicy,
    model: str,
    version: int | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Compare, judge and tell: everything about a window, ready for ``json.dumps``.

    ``history`` holds earlier windows of the same version, oldest first, each with ``window``,
    ``verdict`` and ``drifted_features`` (whole reports will do). Raises InputError where the
    profile was made on another baseline.
    """
    apart, repeated = excluded_features(baseline, policy), estimate_duplicates(profile)
    coarser = find_rounding(baseline, profile, apart)
    rounding_grids = {name: found.rounding_grid for name, found in coarser.items()}
    columns = pair_with_reference(baseline, profile, window)
    scores = compare_profile(baseline, profile, window, apart, rounding_grids)
    described = _described(baseline, profile, columns)
    phrases = {name: reasons.describe_change(column) for name, column in described.items()}
    quality = check_constraints(baseline, profile, policy.limits, apart, coarser)
    past = [_past(item) for item in history]
    factors = {name: column.adjustment.min_effect_multiplier for name, column in columns.items()}
    verdict = detect_drift(scores, quality, policy, past, phrases, factors)
    weeks = {name: column.weeks for name, column in columns.items()}
    features = {
        name: _entry(score, verdict.features[name], described[name], weeks[name])
        for name, score in scores.features.items()
    }
    return {
        "format": FORMAT,
        "model": model,
        "version": version,
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "window": window.to_dict(),
        "since": _since(verdict, window),
        "records": _records(profile, repeated),
        "features": features,
        "drifted_features": [n for n, column in features.items() if column["drifted"]],
        "prediction": _prediction(scores.prediction, verdict.prediction, described, weeks),
        "multivariate": _multivariate(scores.multivariate, verdict),
        "data_quality": {"violations": [v.to_dict() for v in quality.violations]},
        "policy": policy.to_dict(),
        "baseline": {"fingerprint": baseline.fingerprint, "records": baseline.reference_records},
        "notes": [
            *seasonality_notes(baseline, columns, window, policy),
            *notes.data_notes(baseline, profile),
            *exclusion_notes(apart),
            *suspected_notes(baseline, policy),
            *notes.duplicate_notes(repeated),
            *notes.grouped_category_notes(described, apart),
        ],
    }


def _described(
    baseline: Baseline, profile: Profile, columns: Mapping[str, ComparedColumn]
) -> dict[str, dict[str, Any]]:
    """Each column as it was compared; of single hours of the training data no sample is kept."""
    before, now = baseline.reference.sample.values, profile.counts.sample.values
    return {
        name: summarize_column(
            column.binning,
            column.reference,
            column.current,
            (
                NOTHING_SAMPLED if column.weeks else before[:, place].astype(np.float64),
                now[:, place].astype(np.float64),
            ),
        )
        for place, (name, column) in enumerate(columns.items())
    }


def _entry(
    score: ColumnComparison, verdict: ColumnVerdict, described: Mapping[str, Any], weeks: int
) -> dict[str, Any]:
    return {
        "kind": str(score.kind),
        "n": score.records,
        "missing": score.missing_records,
        "metrics": {**dict.fromkeys(_ALWAYS), **score.metrics},
        "ks_max_error": score.ks_max_error,
        "tests": dict(score.p_values),
        "effect": score.effect_size,
        "effects": {"shape": score.distribution_effect, "missing": score.missing_effect},
        "changed_categories": [
            {
                "category": i.category,
                "change": i.change,
                "baseline": i.reference,
                "current": i.current,
            }
            for i in score.categories
        ],
        "p_value": verdict.p_value,
        "q_value": verdict.q_value,
        "design_effect": score.design_effect,
        "floors": None if verdict.min_effect_sizes is None else verdict.min_effect_sizes._asdict(),
        "reference_weeks": weeks,
        "status": verdict.status,
        "drifted": verdict.status == DRIFTED,
        "since": verdict.since,
        "reasons": list(verdict.reasons),
        **described,
    }


def _prediction(
    score: ColumnComparison | None,
    verdict: ColumnVerdict | None,
    described: Mapping[str, Mapping[str, Any]],
    weeks: Mapping[str, int],
) -> dict[str, Any] | None:
    if score is None or verdict is None:
        return None
    return _entry(score, verdict, described[PREDICTION_KEY], weeks[PREDICTION_KEY])


def _multivariate(change: CorrelationDrift | None, verdict: Verdict) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "pair": list(change.pair),
        "correlation": {"baseline": change.reference, "current": change.current},
        "quintiles": dict(change.quintiles),
        "p_value": change.p_value,
        "drifted": bool(verdict.multivariate),
        "reasons": list(verdict.multivariate),
    }


def _records(profile: Profile, repeated: DuplicateEstimate | None) -> dict[str, Any]:
    line_counts = profile.line_counts
    return {
        "read": line_counts.read,
        "used": line_counts.used,
        "filtered": dict(line_counts.skipped),
        "rejected": dict(line_counts.rejected),
        "rows": profile.records,
        "requests": line_counts.requests,
        "missing_predictions": line_counts.missing_predictions,
        "duplicate_share": None if repeated is None else repeated.to_dict(),
    }


def _since(verdict: Verdict, window: Window) -> dict[str, str] | None:
    """From the first of the windows that drift has lasted for, to the end of this one."""
    if verdict.verdict != DRIFTED:
        return None
    columns = [*verdict.features.values(), *([verdict.prediction] if verdict.prediction else [])]
    starts = [c.since for c in columns if c.status == DRIFTED and c.since is not None]
    now = window.to_dict()
    return {"start": min([now["start"], *starts]), "end": now["end"]}


def _past(item: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier window as the rule takes it; the prediction stands under its own key."""
    return {
        "window": item["window"],
        "verdict": item["verdict"],
        "drifted_features": drifted_columns(item),
    }

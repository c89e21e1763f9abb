"""The one call that most users need: reference and current in, a report out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from driftloop import profile
from driftloop.api.arguments import require_policy, require_reports, require_texts
from driftloop.api.baseline import Baseline
from driftloop.api.captured import build_profile
from driftloop.api.features import FeatureKinds, choose_features
from driftloop.api.window_report import WindowReport
from driftloop.capture_files import CapturedBatches
from driftloop.data_frames import read_frame, require_columns, require_same_columns
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.report import build_report
from driftloop.schema import Kind, Schema
from driftloop.window_bounds import observed_window

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

    from driftloop.api.captured import Records
    from driftloop.data_frames import Frame


def compare(
    reference: "IntoDataFrame | profile.Baseline",
    current: "Records",
    *,
    target: str | None = None,
    prediction: str | None = None,
    time_column: str | None = None,
    features: FeatureKinds | None = None,
    policy: DriftPolicy | None = None,
    model: str = "model",
    version: int | None = None,
    history: Sequence[WindowReport] = (),
) -> WindowReport:
    """Compare current records with a reference, column by column, and decide what has drifted.

    A column has drifted when its change is statistically significant (Benjamini-Hochberg over all
    columns) and its effect size is at least the minimum of ``policy``.

    Args:
        reference: A data frame, such as the training data, or a ``Baseline`` fitted on one.
        current: A data frame with the same columns; or, for a ``Baseline``, also the batches of
            ``read_capture`` or a profile. With a ``Baseline``, columns that are no features are
            ignored.
        target: Column of labels; it is no feature and is not compared.
        prediction: Column of the model's predictions, compared beside the features.
        time_column: Column of each row's time (timestamps, ISO 8601 text, or epoch seconds;
            without a zone in UTC): the report then has the window. Where it spans four whole
            weeks of the reference, the current records are compared with the same hours of the
            week.
        features: Names of the features, or names with kinds (``numeric``, ``categorical``,
            ``date``); where not given, all other columns with inferred kinds (``infer_features``).
            The kind of the reference holds for both data frames.
        policy: What counts as drift; the defaults are those of driftloop.yaml.
        model: Name for the report's title.
        version: Version of the model, for the report's title.
        history: Reports of earlier windows, oldest first: they show when the drift started.
    Returns:
        The report; it shows itself in a notebook.
    Raises:
        InputError: A data frame is empty, has duplicated column names or names that are no
            strings; a column is missing or is in one data frame only; columns can't be compared;
            an argument belongs to ``Baseline.fit`` or has a wrong type; the policy has a value
            that driftloop.yaml does not allow, or names an unknown feature.
    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> report = dl.compare(reference, current)
        >>> print(report.verdict)
        drifted
        >>> report.drifted_features
        ('temp', 'station')
        >>> round(report["temp"].effect_size, 1)
        2.0
    """
    require_texts(target=target, prediction=prediction, time_column=time_column, model=model)
    require_reports(history)
    if policy is not None:
        require_policy(policy)
    if isinstance(reference, profile.Baseline):
        for name, value in (("target", target), ("features", features)):
            if value is not None:
                raise InputError(
                    f"{name}= has no effect on a baseline, which is fitted already: give it to"
                    " Baseline.fit"
                )
        baseline = reference
    else:
        baseline = _fit_pair(reference, current, target, prediction, time_column, features)
    checked = _policy_for(policy or DriftPolicy(), baseline.schema)
    summarized = build_profile(baseline, current, prediction=prediction, time_column=time_column)
    window = observed_window(
        summarized, current.window if isinstance(current, CapturedBatches) else None
    )
    report = build_report(
        baseline,
        summarized,
        window=window,
        policy=checked,
        model=model,
        version=version,
        history=[outcome for report in history if (outcome := report.outcome) is not None],
    )
    notes = current.notes if isinstance(current, CapturedBatches) else []
    return WindowReport.from_window_report(report.with_notes(notes))


def _fit_pair(
    reference: "IntoDataFrame",
    current: object,
    target: str | None,
    prediction: str | None,
    time_column: str | None,
    features: FeatureKinds | None,
) -> Baseline:
    """A baseline of the reference; columns without a value there have the kind of current."""
    excluded = {"target": target, "prediction": prediction, "time_column": time_column}
    reference_frame = read_frame(reference, "reference")
    kinds = choose_features(reference_frame, "reference", features, excluded)
    current_frame = read_frame(current, "current")
    if features is None:
        require_same_columns(kinds, _other_columns(current_frame, excluded))
    require_columns(current_frame, "current", kinds, "a feature")
    empty = [name for name, kind in kinds.items() if kind is None]
    if empty:
        kinds |= choose_features(current_frame, "current", empty, {})
    return Baseline.fit(
        reference,
        target=target,
        prediction=prediction,
        time_column=time_column,
        features={name: str(kind or Kind.CATEGORICAL) for name, kind in kinds.items()},
    )


def _other_columns(frame: "Frame", excluded: Mapping[str, str | None]) -> list[str]:
    return [name for name in frame.columns if name not in excluded.values()]


def _policy_for(policy: DriftPolicy, schema: Schema) -> DriftPolicy:
    """The policy by columns, of which a date has several; InputError where it names no feature."""
    columns = {feature.name: feature.columns for feature in schema.features}
    columns |= {column: (column,) for names in columns.values() for column in names}
    for setting in ("feature_weights", "exclude_features", "include_features"):
        unknown = sorted(set(getattr(policy, setting)) - set(columns))
        if unknown:
            raise InputError(
                f"policy: {setting} names unknown features: {', '.join(unknown)};"
                f" there are {', '.join(schema.names)}"
            )
    return policy.for_columns(columns)

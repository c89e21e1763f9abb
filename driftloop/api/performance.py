"""How good predictions were, from arrays: predictions and labels in, a report out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop import profile
from driftloop.api.arguments import require_baseline, require_texts
from driftloop.api.performance_report import PerformanceReport
from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import category_codes, category_key, is_missing, numeric_values
from driftloop.errors import InputError
from driftloop.labels import LabelPolicy, MissingLabel
from driftloop.labels.join import RecordIds
from driftloop.labels.pending import CodedColumn, PendingRecords
from driftloop.missing_texts import CLASS_MISSING_TEXTS
from driftloop.performance.daily_outcomes import LabeledPredictions
from driftloop.performance.evaluate import evaluate
from driftloop.performance.label_values import class_order, label_values
from driftloop.performance.performance_policy import PerformancePolicy
from driftloop.performance.reference import reference_outcomes
from driftloop.schema import ProblemType
from driftloop.scores import SCORES

MAX_LEVELS = 250
"""Levels of a segment or group."""


def performance(
    predictions: Any,
    labels: Any,
    times: Any = None,
    *,
    label_times: Any = None,
    as_of: Any = None,
    baseline: profile.Baseline | None = None,
    problem_type: str | None = None,
    classes: Sequence[str] | None = None,
    segments: Mapping[str, Any] | None = None,
    groups: Mapping[str, Any] | None = None,
    positive_class: str | None = None,
    decision_threshold: float = 0.5,
    missing_label_means: str = "unknown",
    max_label_age_hours: float = 168.0,
    min_labels: int = 200,
    min_effect_sizes: Mapping[str, float] | None = None,
    model: str = "model",
) -> PerformanceReport:
    """Evaluate predictions by the labels that arrived so far.

    Args:
        predictions: One for each record: the score of the positive class, the predicted value, or
            the predicted class; or with ``classes`` a probability for each of them, [n, k]. A list,
            an array or a column of a data frame; missing ones are left out.
        labels: The record's label, missing where it is not known yet.
        times: The record's time (timestamps, ISO 8601 text, or epoch seconds; without a zone in
            UTC). Intervals need days, and so does a verdict on more than one of them.
        label_times: When the label was collected. Labels of young records are then weighted by how
            long labels take.
        as_of: Until when labels were collected; by default the latest of all times.
        baseline: A baseline with held-out outcomes, made of a data frame with ``target`` and
            ``prediction``: without it, nothing is compared.
        problem_type: ``binary_classification``, ``multiclass_classification`` or ``regression``; by
            default that of the baseline, else inferred from predictions and labels.
        classes: Names of the classes, in the order of the columns of ``predictions``.
        segments: Columns whose values are evaluated separately, by name.
        groups: The same for groups of people, of which the report has counts.
        positive_class: The label that the score is of; by default the second one of the two.
        decision_threshold: Score from which a record is predicted positive.
        missing_label_means: ``negative`` where only positive outcomes get a label.
        max_label_age_hours: Age from which no further label is expected.
        min_labels: Labels that a verdict takes.
        min_effect_sizes: Scores that are compared, with the smallest worsening that matters; the
            defaults are those of driftloop.yaml.
        model: Name for the report's title.
    Returns:
        The report; it shows itself in a notebook.
    Raises:
        InputError: Arguments differ in length, there is no label, a time can't be read, labels
            don't fit the problem type, or an argument has a value that is not allowed.
    Example:
        >>> import driftloop as dl
        >>> scores = [0.1, 0.4, 0.35, 0.8]
        >>> report = dl.performance(scores, [0, 0, 1, 1])
        >>> report.scores["roc_auc"].value, report.confusion.counts
        (0.75, ((2, 0), (1, 1)))
    """
    require_texts(positive_class=positive_class, model=model)
    if baseline is not None:
        require_baseline(baseline)
    raw_labels = _cells(labels)
    count = len(raw_labels)
    kind = _problem_type(problem_type, baseline, predictions, raw_labels, classes)
    missing_texts = CLASS_MISSING_TEXTS
    if baseline is not None:
        missing_texts = baseline.schema.label_missing_texts
    predicted, own_classes, probabilities = _predictions(predictions, kind, classes, count)
    reference = None if baseline is None else reference_outcomes(baseline)
    known_classes = (*own_classes, *(() if reference is None else reference.classes))
    texts, codes = _label_codes(raw_labels)
    if not (codes >= 0).any():
        raise InputError("labels: none of them is known; give the label of some records")
    values = label_values(
        codes,
        texts,
        kind,
        missing_texts=missing_texts,
        positive_class=positive_class,
        known_classes=known_classes,
    )
    records = PendingRecords(
        RecordIds(np.arange(count, dtype=np.uint64), None, np.zeros(count, dtype=np.int32)),
        _seconds("times", times, count),
        predicted,
        own_classes,
        probabilities,
        segments=_coded("segments", segments, count),
        groups=_coded("groups", groups, count),
    )
    rows = LabeledPredictions.of(kind, records, values, _seconds("label_times", label_times, count))
    until = None if as_of is None else float(_seconds("as_of", [as_of], 1)[0])
    report = evaluate(
        rows,
        model=model,
        baseline=None if baseline is None else baseline.fingerprint,
        reference=reference,
        label_policy=LabelPolicy(
            missing_label_means=_missing_label(missing_label_means),
            max_label_age_hours=_positive("max_label_age_hours", max_label_age_hours),
            positive_class=positive_class,
            decision_threshold=decision_threshold,
            min_labels=min_labels,
        ),
        policy=PerformancePolicy(min_effect_sizes=_effect_sizes(min_effect_sizes)),
        as_of=until,
    )
    return PerformanceReport.from_performance_report(report)


def _problem_type(
    given: str | None,
    baseline: profile.Baseline | None,
    predictions: Any,
    labels: Sequence[Any],
    classes: Sequence[str] | None,
) -> ProblemType:
    if given is not None:
        try:
            return ProblemType(given)
        except ValueError as error:
            raise InputError(
                f"problem_type={given!r}: give one of {', '.join(map(str, ProblemType))}"
            ) from error
    if baseline is not None:
        return baseline.schema.problem_type
    if classes is not None:
        return ProblemType.MULTICLASS_CLASSIFICATION
    _, invalid = numeric_values(_cells(predictions))
    if invalid is not None:
        return ProblemType.MULTICLASS_CLASSIFICATION
    keys = {category_key(label) for label in labels} - {None}
    return ProblemType.BINARY_CLASSIFICATION if len(keys) <= 2 else ProblemType.REGRESSION


def _predictions(
    predictions: Any, kind: ProblemType, classes: Sequence[str] | None, count: int
) -> tuple[NDArray[np.float64], tuple[str, ...], NDArray[np.float64] | None]:
    if classes is not None:
        found = np.asarray(predictions, dtype=np.float64)
        names = tuple(category_key(name) or str(name) for name in classes)
        if found.shape != (count, len(names)):
            raise InputError(
                f"predictions: {count} rows of {len(names)} probabilities, one for each class"
                f" (found the shape {found.shape})"
            )
        if kind is not ProblemType.MULTICLASS_CLASSIFICATION:
            raise InputError(f"classes= is for several classes, and problem_type is {kind}")
        is_missing_row = np.isnan(found).any(axis=1)
        best = np.where(is_missing_row, np.nan, np.nan_to_num(found).argmax(axis=1))
        return best, names, found
    cells = _cells(predictions)
    if len(cells) != count:
        raise InputError(f"predictions: {count} of them, as many as labels (found {len(cells)})")
    if kind is ProblemType.MULTICLASS_CLASSIFICATION:
        codes, categories = category_codes(cells, missing_texts=CLASS_MISSING_TEXTS)
        names = tuple(sorted(categories, key=class_order))
        table = np.array([*(float(names.index(name)) for name in categories), np.nan])
        return table[codes], names, None
    values, invalid = numeric_values(cells)
    if invalid is not None:
        raise InputError(
            f"predictions: row {int(invalid.argmax()) + 1} is no number:"
            f" {cells[int(invalid.argmax())]!r}"
        )
    return np.where(np.isfinite(values), values, np.nan), (), None


def _label_codes(cells: Sequence[Any]) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct labels as text, and their codes; -1 where a label is missing."""
    texts = [None if is_missing(cell, CLASS_MISSING_TEXTS) else _text(cell) for cell in cells]
    distinct = sorted({text for text in texts if text is not None})
    position: dict[str | None, int] = {text: code for code, text in enumerate(distinct)}
    position[None] = -1
    return distinct, np.array([position[text] for text in texts], dtype=np.int32)


def _text(cell: Any) -> str:
    return category_key(cell) or str(cell) if isinstance(cell, bool | np.bool_) else str(cell)


def _cells(values: Any) -> list[Any]:
    if isinstance(values, str | bytes) or values is None:
        raise InputError(f"a list, an array or a column is needed (found {values!r})")
    return values if isinstance(values, list) else np.asarray(values).tolist()


def _seconds(name: str, values: Any, count: int) -> NDArray[np.float64]:
    if values is None:
        return np.full(count, np.nan)
    cells: Any = values if isinstance(values, list) else np.asarray(values)
    if isinstance(cells, np.ndarray) and cells.dtype.kind not in "fiuM":
        cells = cells.tolist()
    if len(cells) != count:
        raise InputError(f"{name}: {count} of them, as many as labels (found {len(cells)})")
    seconds, invalid = epoch_seconds(cells)
    if invalid is not None:
        row = int(invalid.argmax())
        raise InputError(
            f"{name}: row {row + 1}: {cells[row]!r} is not a time; write ISO 8601, as in"
            " 2026-01-31T08:00:00Z, or epoch seconds"
        )
    return seconds


def _coded(argument: str, columns: Mapping[str, Any] | None, count: int) -> tuple[CodedColumn, ...]:
    found = []
    for name, values in (columns or {}).items():
        cells = _cells(values)
        if len(cells) != count:
            raise InputError(
                f"{argument}: {name} has {count} values, as many as labels (found {len(cells)})"
            )
        codes, categories = category_codes(cells)
        if len(categories) > MAX_LEVELS:
            raise InputError(
                f"{argument}: {name} has {len(categories)} values, and at most {MAX_LEVELS} can be"
                " compared: give it in bins"
            )
        levels = (*categories, "(missing)")
        codes = np.where(codes < 0, len(categories), codes)
        found.append(CodedColumn(name, levels, codes.astype(np.uint8)))
    return tuple(found)


def _missing_label(text: str) -> MissingLabel:
    try:
        return MissingLabel(text)
    except ValueError as error:
        raise InputError(f"missing_label_means={text!r}: give unknown or negative") from error


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise InputError(f"{name}={value!r}: give a number above 0")
    return float(value)


def _effect_sizes(given: Mapping[str, float] | None) -> dict[str, float]:
    names = [score.name for score in SCORES]
    for name, size in (given or {}).items():
        if name not in names:
            raise InputError(f"min_effect_sizes: there is no score {name!r}: {', '.join(names)}")
        _positive(f"min_effect_sizes[{name!r}]", size)
    return dict(given or {})

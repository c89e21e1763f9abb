"""``driftloop performance``: captured predictions, evaluated by the labels that arrived."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from driftloop.capture_files import CapturedBatches, open_capture
from driftloop.cli.analyze import read_baseline
from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.window_option import parse_time_option, window_from_options
from driftloop.config import ModelSettings
from driftloop.errors import InputError
from driftloop.html.performance_page import render_performance
from driftloop.label_files import read_label_files
from driftloop.labels import LabelPolicy
from driftloop.labels.join import JoinedLabels, join
from driftloop.labels.pending import PendingRecords, concat_pending
from driftloop.labels.resolved import ResolvedLabels
from driftloop.outcomes import SegmentColumn, segment_column, segment_columns
from driftloop.performance.evaluate import evaluate, label_records, label_use
from driftloop.performance.performance_policy import PerformancePolicy
from driftloop.performance.performance_text import summary
from driftloop.performance.predictions import pending_records, require_predictions
from driftloop.performance.reference import reference_outcomes
from driftloop.profile import Baseline
from driftloop.storage import write_bytes

MAX_EXAMPLES = 2
"""Ids of either side that an error message names."""


class PerformanceOptions(NamedTuple):
    """The options of the command, as given."""

    config: str
    model: str
    baseline: str
    capture: str
    labels: str
    out: str
    html: str | None = None
    start: str | None = None
    end: str | None = None
    as_of: str | None = None
    variant: str | None = None


def performance(options: PerformanceOptions) -> list[str]:
    """Evaluate captured predictions, and write the report.

    Args:
        options: The command's options, as given.
    Returns:
        Lines to print: the verdict, its reasons, scores, and what became of labels.
    Raises:
        ConfigError: driftloop.yaml is invalid.
        InputError: A file is missing or can't be read, an option has a wrong value, there is no
            label or none of a captured request, or the labels are not those of such a model.
    Example:
        >>> performance(PerformanceOptions("driftloop.yaml", "churn", "churn.baseline", "captured",
        ...     "labels", "performance.json"))  # doctest: +SKIP
        ['churn: stable (performance is stable)', ...]
    """
    model = get_model(read_config(options.config), options.model, options.config)
    window = window_from_options(options.start, options.end)
    as_of = None if options.as_of is None else parse_time_option("--as-of", options.as_of)
    baseline = read_baseline(options.baseline, model.schema_)
    label_policy = LabelPolicy.from_settings(model.labels)
    resolved = read_label_files(options.labels, until=as_of)
    attribute = label_policy.join_attribute
    captured = open_capture(
        options.capture,
        model.schema_,
        window=window,
        variant=options.variant,
        mapping=model.payload_mapping,
        attribute=attribute,
    )
    records, examples = _read_records(captured, baseline, model, by_attribute=attribute is not None)
    if as_of is not None:
        records = records.take(np.flatnonzero(~(records.times > as_of.timestamp())))
    if not len(records):
        raise InputError(
            f"{options.capture}: there is no captured record"
            + (" in this window" if window is not None else "")
            + "; name the folder of the captured files"
        )
    require_predictions(records)
    joined = join(records.ids, resolved, records.times)
    _require_match(joined, resolved, examples, options, model)
    reference = reference_outcomes(baseline)
    rows = label_records(
        records,
        joined,
        model.problem_type,
        label_policy,
        missing_texts=model.schema_.label_missing_texts,
        known_classes=() if reference is None else reference.classes,
    )
    report = evaluate(
        rows,
        model=options.model,
        baseline=baseline.fingerprint,
        reference=reference,
        label_policy=label_policy,
        policy=PerformancePolicy.from_settings(model.performance),
        as_of=None if as_of is None else as_of.timestamp(),
        labels=label_use(joined, resolved),
        notes=captured.notes,
    )
    write_bytes(options.out, report.to_json(indent=2))
    if options.html is not None:
        write_bytes(options.html, render_performance(report).encode())
    return summary(report, [name for name in (options.out, options.html) if name is not None])


def group_columns(model: ModelSettings, baseline: Baseline) -> tuple[SegmentColumn, ...]:
    """The columns of the groups that driftloop.yaml names, in their order.

    Raises InputError where the baseline has no such column.
    """
    return tuple(_group_columns(model, baseline))


def _group_columns(model: ModelSettings, baseline: Baseline) -> Iterator[SegmentColumn]:
    for group, feature in model.fairness.groups.items():
        if feature not in baseline.binnings.features:
            raise InputError(
                f"fairness.groups: {group} names {feature}, which the baseline does not compare;"
                f" there are {', '.join(baseline.binnings.features)}"
            )
        yield segment_column(feature, baseline.binnings.features[feature])


def _read_records(
    captured: CapturedBatches, baseline: Baseline, model: ModelSettings, *, by_attribute: bool
) -> tuple[PendingRecords, list[str]]:
    """All records, each once; and ids of a few requests, for messages."""
    segments, groups = segment_columns(baseline), group_columns(model, baseline)
    parts: list[PendingRecords] = []
    examples: list[str] = []
    for batch, _ in captured:
        if not len(examples) and len(batch):
            named = batch.entities if by_attribute else batch.inference_ids
            pairs = zip(named or batch.inference_ids, batch.event_ids, strict=True)
            texts = (client or ("" if by_attribute else event) for client, event in pairs)
            examples = [*dict.fromkeys(text for text in texts if text)][:MAX_EXAMPLES]
        part = pending_records(batch, segments, groups, join_by_attribute=by_attribute)
        named_groups = zip(model.fairness.groups, part.groups, strict=True)
        own = tuple(replace(column, name=group) for group, column in named_groups)
        parts.append(replace(part, groups=own))
    return concat_pending(parts).once(), examples


def _require_match(
    joined: JoinedLabels,
    resolved: ResolvedLabels,
    examples: list[str],
    options: PerformanceOptions,
    model: ModelSettings,
) -> None:
    """Raise InputError where no record has a label, with ids of both sides."""
    if (joined.codes >= 0).any():
        return
    reasons = {name: count for name, count in joined.unlabeled.items() if name != "no_label"}
    if joined.unmatched == len(resolved):
        theirs = ", ".join(repr(text) for text in resolved.examples[:MAX_EXAMPLES])
        ours = ", ".join(repr(text) for text in examples) or "none"
        raise InputError(
            f"no label of {options.labels} names a captured request: labels name {theirs}, and"
            f" requests have {model.labels.join_key} {ours}. Give the folder of the same requests,"
            " or set labels.join_key in driftloop.yaml to what labels name"
        )
    found = ", ".join(f"{name} {count:,}" for name, count in reasons.items()) or "blank labels"
    raise InputError(
        f"no label of {options.labels} can be used: {found} (docs/performance.md lists the reasons)"
    )

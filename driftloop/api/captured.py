"""Captured files as record batches, and records of any kind as a profile."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeGuard

from driftloop import profile
from driftloop.api.arguments import (
    require_baseline,
    require_mapping,
    require_texts,
    with_request_columns,
)
from driftloop.capture import ReadBatch, RecordBatch
from driftloop.capture_files import CapturedBatches, open_capture
from driftloop.data_frames import batch_from_frame, read_frame, with_content_ids
from driftloop.errors import InputError
from driftloop.payload_mapping import PayloadMapping
from driftloop.profile import Profile, profile_batch
from driftloop.schema import Entity
from driftloop.storage import Uri, uri_text
from driftloop.window import parse_time
from driftloop.window_bounds import requested_window

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

    Records = IntoDataFrame | CapturedBatches | RecordBatch | Iterable[ReadBatch] | Profile


def read_capture(
    uri: Uri,
    baseline: profile.Baseline,
    *,
    start: str | datetime | None = None,
    end: str | datetime | None = None,
    variant: str | None = None,
    prediction_key: str | None = None,
    records_key: str | None = None,
    feature_keys: Mapping[str, str] | None = None,
    request_columns: Sequence[str] = (),
    inference_response_keys: Sequence[str] = (),
    entity: str | None = None,
) -> CapturedBatches:
    """Read requests that SageMaker's data capture wrote, as record batches.

    Lines that can't be read are counted with their reason and never raise. Nothing is read before
    the batches are iterated, or given to ``compare`` or ``build_profile``.

    Args:
        uri: A folder, a file, or ``s3://bucket/prefix`` (which needs boto3: ``driftloop[aws]``);
            plain or gzip JSON lines; subfolders are read too.
        baseline: Says which features a request has, in which order.
        start: Records before this inference time are skipped: ISO 8601 or a datetime, each with
            a time zone; without it there is no lower bound.
        end: Records at or after this inference time are skipped; without it there is no upper
            bound.
        variant: The variant to read, ``variant`` or ``endpoint/variant``, where there are several.
        prediction_key: Path of the prediction in a JSON response; detected where not given. Paths
            are JMESPath expressions of keys, positions and lists, as in ``rows[*].customer.age``.
        records_key: Path of the rows in a JSON request; detected where not given.
        feature_keys: Path within a row by feature, for features that requests do not have at a key
            of their own name.
        request_columns: All columns of a request row in their order, where requests have columns
            that are no features; without it those that the baseline has.
        inference_response_keys: Names of the cells of a CSV response in their order, such as
            ``predicted_label`` and ``probability`` of Autopilot.
        entity: A feature, or ``attribute:KEY`` for a key of the requests' custom attributes: of
            each value only the first record in time is used.
    Returns:
        An iterable of record batches with their line counts; each iteration reads the files again.
    Raises:
        InputError: The folder is missing, holds several variants and none is chosen, a time
            has no zone, the end does not come after the start, or a path or a name of a column is
            wrong.
    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> baseline = dl.Baseline.fit(reference)
        >>> files = dl.write_example("rentals")
        >>> batches = dl.read_capture("rentals/captured", baseline)
        >>> print(dl.compare(baseline, batches).verdict)
        drifted
    """
    require_baseline(baseline)
    require_texts(variant=variant, entity=entity)
    mapping = PayloadMapping(
        records_key=records_key,
        feature_keys=feature_keys or {},
        prediction_key=prediction_key,
        inference_response_keys=tuple(inference_response_keys),
    )
    require_mapping(mapping, baseline.schema)
    schema = with_request_columns(baseline.schema, request_columns)
    return open_capture(
        uri_text(uri),
        schema,
        window=requested_window(_parse_bound("start", start), _parse_bound("end", end)),
        variant=variant,
        mapping=mapping,
        entity=_parse_entity(entity, baseline),
    )


def build_profile(
    baseline: profile.Baseline,
    current: "Records",
    *,
    prediction: str | None = None,
    time_column: str | None = None,
) -> Profile:
    """Summarize records as mergeable counts on a baseline's binnings.

    Args:
        baseline: Defines the split points and categories.
        current: A data frame with every feature of the baseline (other columns are ignored), the
            batches of ``read_capture``, or a profile, which is returned as it is.
        prediction: Column of the model's predictions in a data frame.
        time_column: Column of each row's time in a data frame (timestamps, ISO 8601 text, or epoch
            seconds; without a zone in UTC).
    Returns:
        A profile; ``p1 + p2`` is the profile of the records of both, in any order.
    Raises:
        InputError: A column is missing, the data frame is empty, or the profile was made on
            another baseline.
    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> baseline = dl.Baseline.fit(reference)
        >>> morning = dl.build_profile(baseline, current[:200])
        >>> evening = dl.build_profile(baseline, current[200:])
        >>> (morning + evening).records
        500
    """
    require_baseline(baseline)
    require_texts(prediction=prediction, time_column=time_column)
    if isinstance(current, Profile):
        if current.baseline != baseline.fingerprint:
            raise InputError(
                f"this profile was made on the baseline {current.baseline}, and is compared with"
                f" {baseline.fingerprint}: use the baseline that it was made on"
            )
        return current
    if isinstance(current, RecordBatch):
        return profile_batch(baseline, current)
    if isinstance(current, CapturedBatches) or _are_batches(current):
        return _profile_batches(baseline, current)
    if prediction is not None and baseline.binnings.prediction is None:
        raise InputError(
            f"prediction={prediction!r}: the baseline was fitted without predictions, so there is"
            " nothing to compare them with; fit it with prediction= too"
        )
    frame = read_frame(current, "current")
    batch = batch_from_frame(
        frame, baseline.schema, name="current", prediction=prediction, time_column=time_column
    )
    return profile_batch(baseline, with_content_ids(batch))


def _profile_batches(baseline: profile.Baseline, batches: Iterable[ReadBatch]) -> Profile:
    total = Profile.empty(baseline)
    for item in batches:
        if not isinstance(item, ReadBatch):
            raise InputError(
                "current: a data frame, or batches of read_capture are needed, and"
                f" {type(item).__qualname__} was given as one of the batches; make one data frame"
                " of the list"
            )
        total = total + profile_batch(baseline, item.batch, item.line_counts)
    return total


def _are_batches(records: object) -> TypeGuard[Iterable[ReadBatch]]:
    """Whether records are a list or an iterator, as of batches; a data frame is neither."""
    return isinstance(records, list | tuple) or hasattr(records, "__next__")


def _parse_bound(name: str, value: str | datetime | None) -> datetime | None:
    if isinstance(value, str):
        try:
            return parse_time(value)
        except ValueError as error:
            raise InputError(f"{name}: {error}") from error
    if value is not None and not isinstance(value, datetime):
        raise InputError(f"{name}={value!r}: give ISO 8601 text or a datetime, with a time zone")
    if value is not None and value.tzinfo is None:
        raise InputError(f"{name}={value!r} has no time zone: give it one, such as UTC")
    return value


def _parse_entity(entity: str | None, baseline: profile.Baseline) -> Entity | None:
    if entity is None:
        return None
    try:
        return Entity.parse(entity, baseline.schema.names)
    except ValueError as error:
        raise InputError(str(error)) from error

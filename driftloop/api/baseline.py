"""The public baseline: fitted on a data frame, saved to a file, loaded from it."""

from dataclasses import fields
from typing import TYPE_CHECKING, Self

from driftloop import profile
from driftloop.api.arguments import require_policy, require_texts
from driftloop.api.features import FeatureKinds, choose_features, make_schema
from driftloop.backtest.training_baseline import fit_training_baseline
from driftloop.capture import RecordBatch
from driftloop.data_frames import (
    batch_from_frame,
    infer_kinds,
    read_frame,
    require_columns,
    to_cells,
)
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.performance.reference import with_reference_outcomes
from driftloop.profile.hourly.clock import is_time_zone
from driftloop.quality.training_data import (
    Rows,
    check_features,
    check_prediction,
    require_no_errors,
)
from driftloop.schema import Kind
from driftloop.storage import Uri, named, read_bytes, uri_text, write_bytes

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

    from driftloop.data_frames import Frame

WINDOW_HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
"""Lengths of analysis windows: they divide a day."""


class Baseline(profile.Baseline):
    """What current records are compared with: the reference's binnings and its counts on them.

    A baseline is small (about 100 kB, whatever the size of the reference), holds no rows, and is
    the file that ``driftloop baseline`` writes and the deployed analysis reads.

    Attributes:
        schema: Features in payload order with their kinds, and the problem type.
        fingerprint: 32 hexadecimal characters that name it; profiles of one baseline add up.
        reference_records: Number of rows that it was fitted on.
        excluded_features: Reasons by column name why columns take no part in verdicts.
    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> baseline = dl.Baseline.fit(reference)
        >>> baseline.save("rentals.baseline")
        >>> dl.Baseline.load("rentals.baseline")
        <Baseline of 2,000 records: temp, humidity, station, holiday>
    """

    @classmethod
    def fit(
        cls,
        reference: "IntoDataFrame",
        *,
        target: str | None = None,
        prediction: str | None = None,
        time_column: str | None = None,
        features: FeatureKinds | None = None,
        problem_type: str | None = None,
        policy: DriftPolicy | None = None,
        window_hours: int = 1,
        time_zone: str = "UTC",
    ) -> Self:
        """Fit a baseline on reference data, such as the training data.

        Args:
            reference: Data frame of pandas, polars, pyarrow or another library that narwhals
                supports.
            target: Column of labels; it is no feature and is not compared. With ``prediction``, the
                scores of these rows are the reference of ``performance``.
            prediction: Column of the model's predictions, compared beside the features. They must
                be of rows that the model was not trained on, else they look better than any later
                ones.
            time_column: Column of each row's time (timestamps, ISO 8601 text, or epoch seconds;
                without a zone in UTC). It finds features that follow time, gives dates their age,
                and, where it spans four whole weeks, adds the hour-of-week profile and what these
                weeks show about days.
            features: Names of the features, or names with kinds (``numeric``, ``categorical``,
                ``date``); all other columns with inferred kinds where not given
                (see ``infer_features``).
            problem_type: ``binary_classification``, ``multiclass_classification`` or
                ``regression``; where not given, multiclass classification for categorical
                predictions, else regression. ``driftloop analyze`` requires the one of
                driftloop.yaml.
            policy: Decides in the replay of the reference weeks; only used with ``time_column``.
            window_hours: Hours of an analysis window (a divisor of 24), for the same replay.
            time_zone: IANA time zone of the requests' clock, such as ``Europe/Zurich``: features
                that hold its hour, weekday or month are recognized, without ``time_column`` in
                the requests.
        Returns:
            The baseline.
        Raises:
            InputError: The data frame is empty, a named column is missing, columns can't be
                compared, or an argument has a value that is not allowed.
        Example:
            >>> import driftloop as dl
            >>> reference, current = dl.load_example()
            >>> baseline = dl.Baseline.fit(reference, features=["temp", "station"])
            >>> baseline.reference_records
            2000
        """
        if window_hours not in WINDOW_HOURS:
            allowed = ", ".join(map(str, WINDOW_HOURS))
            raise InputError(f"window_hours={window_hours}: give one of {allowed}")
        if not is_time_zone(time_zone):
            raise InputError(f"time_zone={time_zone!r}: give an IANA time zone, as Europe/Zurich")
        excluded = {"target": target, "prediction": prediction, "time_column": time_column}
        require_texts(**excluded)
        if policy is not None:
            require_policy(policy)
        frame = read_frame(reference, "reference")
        kinds = choose_features(frame, "reference", features, excluded)
        for purpose, column in excluded.items():
            require_columns(frame, "reference", [column] if column else [], purpose)
        schema = make_schema(
            kinds,
            target=target,
            prediction_kind=_prediction_kind(frame, prediction),
            problem_type=problem_type,
        )
        batch = batch_from_frame(
            frame, schema, name="reference", prediction=prediction, time_column=time_column
        )
        with named("reference"):
            _require_readable(batch, frame, prediction)
        fitted = fit_training_baseline(
            [batch], policy or DriftPolicy(), window_hours, time_zone=time_zone
        )
        baseline = fitted.baseline
        if target is not None and prediction is not None:
            cells = to_cells(frame[target], Kind.CATEGORICAL)
            with named("reference"):
                baseline = with_reference_outcomes(baseline, [batch], [[*cells]])
        return cls._from_profile_baseline(baseline)

    @classmethod
    def load(cls, uri: Uri) -> Self:
        """Load a baseline from the file that ``save`` or ``driftloop baseline`` wrote.

        Args:
            uri: Local path or ``s3://bucket/key`` (which needs boto3: ``driftloop[aws]``).
        Returns:
            The baseline.
        Raises:
            InputError: The file is missing or can't be read.
            FormatError: The file is no baseline, is damaged, or has another format version.
        Example:
            >>> import driftloop as dl
            >>> dl.Baseline.fit(dl.load_example()[0]).save("rentals.baseline")
            >>> dl.Baseline.load("rentals.baseline").reference_records
            2000
        """
        data = read_bytes(uri_text(uri))
        with named(uri):
            return cls._from_profile_baseline(cls.from_bytes(data))

    def save(self, uri: Uri) -> None:
        """Write the baseline to a file; the same baseline gives the same bytes.

        Args:
            uri: Local path or ``s3://bucket/key`` (which needs boto3: ``driftloop[aws]``); folders
                are created where needed.
        Raises:
            InputError: The file can't be written.
        Example:
            >>> import driftloop as dl
            >>> dl.Baseline.fit(dl.load_example()[0]).save("baselines/rentals.baseline")
        """
        write_bytes(uri_text(uri), self.to_bytes())

    def __repr__(self) -> str:
        names = ", ".join(self.schema.names)
        prediction = "" if self.binnings.prediction is None else "; prediction"
        return f"<Baseline of {self.reference_records:,} records: {names}{prediction}>"

    @classmethod
    def _from_profile_baseline(cls, baseline: profile.Baseline) -> Self:
        return cls(**{item.name: getattr(baseline, item.name) for item in fields(baseline)})


def _require_readable(batch: RecordBatch, frame: "Frame", prediction: str | None) -> None:
    """Raise InputError where a column can't be read as the kind that it was given."""
    features, rows = batch.schema.features, Rows(len(batch))
    cells = {one.name: to_cells(frame[one.name], one.kind) for one in features}
    found = check_features(batch, cells, rows)
    if prediction is not None:
        kind = batch.schema.prediction.kind
        found += check_prediction(prediction, batch, to_cells(frame[prediction], kind), rows)
    require_no_errors(found)


def _prediction_kind(frame: "Frame", prediction: str | None) -> Kind | None:
    if prediction is None:
        return None
    others = [column for column in frame.columns if column != prediction]
    return infer_kinds(frame, "reference", others)[prediction]

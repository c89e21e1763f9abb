"""A batch of records as columns, from captured files or from training data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import EventIds
from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import Cells, category_codes, numeric_values
from driftloop.column_names import describe_similar
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind, Schema
from driftloop.time_range import EARLIEST, EARLIEST_SECONDS, LATEST, LATEST_SECONDS


@dataclass(frozen=True, slots=True, eq=False)
class NumericColumn:
    """Numbers, or dates as epoch seconds.

    Attributes:
        values: float64[n]; NaN for missing and invalid values.
        invalid: bool[n]; True where the cell held something that is not a number (not a date).
            None if no cell is invalid.
    """

    values: NDArray[np.float64]
    invalid: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, positions: NDArray[np.intp]) -> "NumericColumn":
        """The cells at some positions (``intp[k]``), in their order."""
        invalid = None if self.invalid is None else self.invalid[positions]
        return NumericColumn(self.values[positions], invalid)


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalColumn:
    """Categories.

    Attributes:
        codes: int32[n], positions in ``categories``; -1 for missing values.
        categories: Sorted canonical keys (see ``driftloop.cell_values``).
    """

    codes: NDArray[np.int32]
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, positions: NDArray[np.intp]) -> "CategoricalColumn":
        """The cells at some positions (``intp[k]``), in their order; the categories stay."""
        return CategoricalColumn(self.codes[positions], self.categories)


Column = NumericColumn | CategoricalColumn


@dataclass(frozen=True, slots=True, eq=False)
class ClassProbabilities:
    """The probabilities of a multiclass model.

    Attributes:
        classes: Canonical keys of the classes; the position where the response names none.
        values: float64[n, classes]; NaN in rows without probabilities.
    """

    classes: tuple[str, ...]
    values: NDArray[np.float64]

    def take(self, positions: NDArray[np.intp]) -> "ClassProbabilities":
        """Those of the records at some positions (``intp[k]``), in their order."""
        return ClassProbabilities(self.classes, self.values[positions])


@dataclass(frozen=True, slots=True, eq=False)
class RecordBatch:
    """n records as columns.

    Attributes:
        schema: Names and kinds of the columns.
        columns: Features by name.
        prediction: Predictions; None if there are none at all, as in training data.
        event_ids: SageMaker's event id of each record's request.
        inference_ids: The client's inference id of each record's request, if it sent one.
        rows: int32[n], a record's row in its request; (event id, row) identifies a record.
        times: float64[n], inference times in epoch seconds UTC; NaN for rows without a time.
        entities: Values of the custom attribute that identifies the entity; None if none does.
        probabilities: Of all classes, where responses of a multiclass model have them; None if none
            has.

    Example:
        >>> from driftloop.schema import Feature, Kind, ProblemType, Schema
        >>> schema = Schema(
        ...     (Feature("city", Kind.CATEGORICAL),), "bought", ProblemType.BINARY_CLASSIFICATION
        ... )
        >>> batch = RecordBatch.from_columns(schema, {"city": ["Bern", None, "Basel"]})
        >>> len(batch), batch.columns["city"].categories
        (3, ('Basel', 'Bern'))
    """

    schema: Schema
    columns: dict[str, Column]
    prediction: Column | None
    event_ids: Sequence[str]
    inference_ids: list[str | None]
    rows: NDArray[np.int32]
    times: NDArray[np.float64]
    entities: list[str | None] | None = None
    probabilities: ClassProbabilities | None = None

    def __len__(self) -> int:
        return len(self.event_ids)

    @classmethod
    def from_columns(
        cls,
        schema: Schema,
        columns: Mapping[str, Cells],
        prediction: Cells | None = None,
        times: Cells | None = None,
    ) -> "RecordBatch":
        """Make a batch of a table, for example of training data.

        Event ids are ``row-0``, ``row-1``, and so on. A cell of any type (text, number, boolean,
        null) is read by the rules for captured values, so training data and captured records
        give equal columns.

        Args:
            schema: Names and kinds of the columns.
            columns: Cells by column name: a list, a numpy array or a pandas Series each, all of
                one length. Columns that the schema does not name are ignored.
            prediction: What a model returned for each row; None if there are no predictions.
            times: The rows' own times: ISO 8601 text (UTC where it names no zone) or epoch
                seconds; None if the rows have no times.

        Returns:
            A batch with one record per row.

        Raises:
            InputError: A column of the schema is missing, the columns differ in length, or a time
                can't be read.

        Example:
            >>> from driftloop.schema import Feature, Kind, ProblemType, Schema
            >>> schema = Schema(
            ...     (Feature("age", Kind.NUMERIC),), "bought", ProblemType.BINARY_CLASSIFICATION
            ... )
            >>> batch = RecordBatch.from_columns(schema, {"age": [31, "42", None]})
            >>> batch.columns["age"].values
            array([31., 42., nan])
        """
        missing = [name for name in schema.names if name not in columns]
        if missing:
            present = ", ".join(str(name) for name in columns) or "none"
            hints = (describe_similar(name, [*map(str, columns)]) for name in missing)
            hint = "".join(f" ({text})" for text in hints if text)
            raise InputError(f"columns missing: {', '.join(missing)}{hint}. There are: {present}")
        features = {
            feature.name: to_column(feature, as_cells(columns[feature.name], feature.kind))
            for feature in schema.features
        }
        predicted = (
            None
            if prediction is None
            else to_column(schema.prediction, as_cells(prediction, schema.prediction.kind))
        )
        seconds = None if times is None else _to_seconds(as_cells(times, Kind.DATE))
        lengths = {len(column) for column in features.values()}
        lengths |= {len(column) for column in (predicted, seconds) if column is not None}
        if len(lengths) > 1:
            raise InputError(f"columns have different lengths: {sorted(lengths)}")
        count = lengths.pop() if lengths else 0
        return cls(
            schema=schema,
            columns=features,
            prediction=predicted,
            event_ids=[f"row-{index}" for index in range(count)],
            inference_ids=[None] * count,
            rows=np.zeros(count, dtype=np.int32),
            times=np.full(count, np.nan) if seconds is None else seconds,
        )

    def take(self, positions: NDArray[np.intp]) -> "RecordBatch":
        """The records at some positions, in their order.

        Args:
            positions: Row numbers, ``intp[k]``.

        Returns:
            A batch of k records.
        """
        indexes, prediction = positions.tolist(), self.prediction
        return RecordBatch(
            schema=self.schema,
            columns={name: column.take(positions) for name, column in self.columns.items()},
            prediction=None if prediction is None else prediction.take(positions),
            event_ids=self.event_ids.take(positions)
            if isinstance(self.event_ids, EventIds)
            else [self.event_ids[index] for index in indexes],
            inference_ids=[self.inference_ids[index] for index in indexes],
            rows=self.rows[positions],
            times=self.times[positions],
            entities=None if self.entities is None else [self.entities[index] for index in indexes],
            probabilities=None
            if self.probabilities is None
            else self.probabilities.take(positions),
        )


def to_column(feature: Feature, cells: Cells) -> Column:
    """The column of cells of any type (text, numbers, null), by the rules of ``cell_values``.

    Blanks around a category stay, since the model may not know the category with them.
    """
    if feature.kind is Kind.NUMERIC:
        return NumericColumn(*numeric_values(cells))
    if feature.kind is Kind.DATE:
        return NumericColumn(*epoch_seconds(cells))
    return CategoricalColumn(
        *category_codes(cells, keep_blanks=True, missing_texts=feature.missing_texts)
    )


def _to_seconds(cells: Cells) -> NDArray[np.float64]:
    seconds, invalid = epoch_seconds(cells)
    if invalid is not None:
        row = int(invalid.argmax())
        raise InputError(
            f"row {row + 1}: {cells[row]!r} is not a time; write ISO 8601, as in "
            "2026-01-31T08:00:00Z, or epoch seconds"
        )
    is_beyond = (seconds < EARLIEST_SECONDS) | (seconds >= LATEST_SECONDS)
    if is_beyond.any():
        row = int(is_beyond.argmax())
        raise InputError(
            f"row {row + 1}: {str(cells[row])!r} is no usable time: there are times from"
            f" {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}. Leave the cell empty if the time is"
            " unknown"
        )
    return seconds


def as_cells(cells: Cells, kind: Kind) -> Sequence[object] | NDArray[np.generic]:
    """Lists as they are; anything array-like (for example a pandas Series) as a numpy array."""
    if isinstance(cells, list | tuple):
        return cells
    array: NDArray[np.generic] = np.asarray(cells)
    as_array = "fiubM" if kind is Kind.DATE else "fiub"
    return array if array.dtype.kind in as_array else np.asarray(cells, dtype=object)

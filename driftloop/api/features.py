"""Which columns of a data frame are compared, and how: named by the caller, or inferred."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from driftloop.data_frames import infer_kinds, read_frame, require_columns
from driftloop.errors import InputError
from driftloop.schema import PREDICTION, Feature, Kind, ProblemType, Schema

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

    from driftloop.data_frames import Frame

FeatureKinds = Mapping[str, str | None] | Iterable[str]
"""Features to compare: names, or names with their kinds (None: inferred)."""


def infer_features(data: "IntoDataFrame", *, exclude: str | Collection[str] = ()) -> dict[str, str]:
    """Infer how each column of a data frame is compared.

    - ``numeric``: integers, floats, decimals, and durations (in seconds);
    - ``categorical``: booleans, text, categoricals, enums, times of day, columns without values;
    - ``date``: dates, timestamps, and text of which every value is an ISO 8601 date;
    - a column of objects has the kind that all its values have, else ``categorical``.

    Integer identifiers are numeric like all integers. A baseline recognizes row numbers, counters
    and texts that are distinct in nearly every row, and excludes them from verdicts; codes such as
    postal codes are not recognizable: give them the kind ``categorical``.

    Args:
        data: A data frame of pandas, polars, pyarrow or another library that narwhals supports.
        exclude: Columns that are no features, such as the label; or the name of one.
    Returns:
        ``numeric``, ``categorical`` or ``date`` by column name, in the order of the columns; edit
        it and pass it to ``compare`` or ``Baseline.fit`` as ``features``.
    Raises:
        InputError: ``data`` is no data frame, has no rows or no columns, has column names that are
            duplicated or no strings, lacks a column of ``exclude``, or has columns of lists,
            structs or bytes.
    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> features = dl.infer_features(reference[["temp", "station", "holiday"]])
        >>> features
        {'temp': 'numeric', 'station': 'categorical', 'holiday': 'categorical'}
        >>> features["temp"] = "categorical"
        >>> report = dl.compare(reference, current, features=features)
    """
    excluded = [exclude] if isinstance(exclude, str) else [*exclude]
    frame = read_frame(data, "data")
    require_columns(frame, "data", excluded, "exclude")
    kinds = infer_kinds(frame, "data", excluded)
    return {name: str(kind or Kind.CATEGORICAL) for name, kind in kinds.items()}


def choose_features(
    frame: "Frame",
    name: str,
    features: FeatureKinds | None,
    excluded: Mapping[str, str | None],
) -> dict[str, Kind | None]:
    """The kinds of the features; None for a column without any value.

    ``excluded`` maps what a column is used for (such as ``target``) to its name or None. Raises
    InputError on unknown kinds, unknown columns, and a feature that is excluded.
    """
    names = [*frame.columns] if features is None else [*_given_kinds(features)]
    if PREDICTION in {*names} - {*excluded.values()}:
        raise InputError(
            f"{name}: {PREDICTION!r} stands for the model's predictions in reports: rename the"
            " column"
        )
    used_for = {column: purpose for purpose, column in excluded.items() if column is not None}
    _require_distinct(excluded)
    if features is None:
        kinds = infer_kinds(frame, name, used_for)
        if not kinds:
            raise InputError(f"{name}: no column is left that could be a feature")
        return kinds
    given = _given_kinds(features)
    for column in given:
        if column in used_for and used_for[column] != "time_column":
            raise InputError(
                f"{column!r} is the {used_for[column]} and can't be one of the features as well"
            )
    require_columns(frame, name, given, "named in features=")
    unknown = [column for column, kind in given.items() if kind is None]
    others = [column for column in frame.columns if column not in unknown]
    inferred = infer_kinds(frame, name, others) if unknown else {}
    return {column: kind or inferred[column] for column, kind in given.items()}


def _require_distinct(columns: Mapping[str, str | None]) -> None:
    """Raise InputError where one column is named for two purposes."""
    named = [column for column in columns.values() if column is not None]
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        which = " and ".join(p for p, column in columns.items() if column == twice[0])
        raise InputError(f"{which} name the same column {twice[0]!r}; each needs its own")


def make_schema(
    kinds: Mapping[str, Kind | None],
    *,
    target: str | None,
    prediction_kind: Kind | None,
    problem_type: str | None,
) -> Schema:
    """The schema of data frames; the problem type is derived from the prediction if not given."""
    return Schema(
        features=tuple(Feature(name, kind or Kind.CATEGORICAL) for name, kind in kinds.items()),
        target=target or "",
        problem_type=_problem_type(prediction_kind, problem_type),
    )


def _problem_type(prediction_kind: Kind | None, problem_type: str | None) -> ProblemType:
    if problem_type is not None:
        allowed = [str(item) for item in ProblemType]
        if problem_type not in allowed:
            raise InputError(f"problem_type {problem_type!r}: give one of {', '.join(allowed)}")
        return ProblemType(problem_type)
    if prediction_kind is Kind.CATEGORICAL:
        return ProblemType.MULTICLASS_CLASSIFICATION
    return ProblemType.REGRESSION


def _given_kinds(features: FeatureKinds) -> dict[str, Kind | None]:
    if isinstance(features, str):
        raise InputError(f"features={features!r}: give a list of names, or names with kinds")
    names = [*features] if isinstance(features, Iterable) else [features]
    others = [name for name in names if not isinstance(name, str)]
    if others:
        raise InputError(
            f"features= names {others[0]!r}, which is no string: give a list of column names, or"
            " names with kinds"
        )
    pairs: Mapping[Any, Any] = features if isinstance(features, Mapping) else dict.fromkeys(names)
    if not pairs:
        raise InputError("features= names no feature; name at least one, or leave it out")
    allowed = [str(kind) for kind in Kind]
    for name, kind in pairs.items():
        if kind is not None and kind not in allowed:
            raise InputError(
                f"features={{{name!r}: {kind!r}}}: the kind must be one of {', '.join(allowed)}"
            )
    kinds = {name: None if kind is None else Kind(kind) for name, kind in pairs.items()}
    used: dict[str, Kind | None] = {
        name: kind for name, kind in kinds.items() if kind is not Kind.IGNORE
    }
    if not used:
        raise InputError("features= ignores every column; name at least one feature")
    return used

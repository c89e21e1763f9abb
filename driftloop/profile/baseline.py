"""The reference: grids frozen on the training data, and the training data counted on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from hashlib import blake2b
from operator import add

import msgspec

from driftloop.capture import Batch, Column
from driftloop.errors import FormatError, InputError
from driftloop.profile.calendar import compared_features, with_dates
from driftloop.profile.columns import Grid, StoredGrid, fit_column, load_grid, store_grid
from driftloop.profile.counted import (
    Counted,
    Grids,
    StoredCounted,
    count_batch,
    load_counted,
    store_counted,
)
from driftloop.profile.left_out import Found, Why, find_left_out
from driftloop.profile.packing import decode, seal, unseal_first
from driftloop.schema import Schema

VERSION = 2
KNOTS = 4096


class _Stored(msgspec.Struct, array_like=True):
    schema: dict[str, object]
    grids: dict[str, StoredGrid]
    prediction: StoredGrid | None
    reference: StoredCounted
    left_out: dict[str, Why] = {}
    suspected: list[str] = []


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What live records are compared with.

    ``fingerprint`` (32 hexadecimal characters) names the baseline: profiles of different
    baselines don't add up. ``reference`` holds the training data's counts on ``grids``.
    ``left_out`` says by name why columns can't be compared, ``suspected`` which features may be
    such (:mod:`driftloop.profile.left_out`).
    ``rhythm`` is the stored form of the counts by hour that the baseline brings along, if any
    (:mod:`driftloop.profile.rhythm`); it is no part of the fingerprint.
    """

    schema: Schema
    grids: Grids
    reference: Counted
    fingerprint: str
    left_out: Mapping[str, Why] = field(default_factory=dict)
    suspected: Sequence[str] = ()
    rhythm: bytes | None = None

    @property
    def records(self) -> int:
        """Rows of the training data."""
        return self.reference.records

    def to_bytes(self) -> bytes:
        """The stored form, versioned and compressed; the same baseline gives the same bytes."""
        found = Found(dict(self.left_out), list(self.suspected))
        own = seal("baseline", VERSION, _body(self.schema, self.grids, self.reference, found))
        return own if self.rhythm is None else own + self.rhythm

    @classmethod
    def from_bytes(cls, data: bytes) -> "Baseline":
        """The inverse of :meth:`to_bytes`; raises FormatError on anything else."""
        body, rhythm = unseal_first("baseline", VERSION, data)
        stored: _Stored = decode("baseline", body, _Stored)
        try:
            return replace(_load(stored, _fingerprint(body)), rhythm=rhythm or None)
        except (KeyError, ValueError) as error:
            raise FormatError(f"this baseline is damaged: {error}") from error


def fit_baseline(batches: Batch | Iterable[Batch], *, knots: int = KNOTS) -> Baseline:
    """Freeze grids on training data and count it; raises InputError where there is none.

    ``knots`` bounds the error of the Kolmogorov-Smirnov distance by 1/``knots`` (it is exact for
    columns of up to that many distinct values). Predictions are those of the batches that have
    them: the model was not asked for the rows of others.
    How rows are split into batches makes no difference, but for their order where they have no
    ``times`` (see ``left_out``).
    """
    parts = [batches] if isinstance(batches, Batch) else list(batches)
    parts = [part for part in parts if len(part)]
    if not parts:
        raise InputError("a baseline needs training data, and there is not one row")
    schema, features = parts[0].schema, compared_features(parts)
    parts = [with_dates(part, [feature.name for feature in features]) for part in parts]
    grids = Grids(
        features={
            feature.name: fit_column(
                feature, [part.columns[feature.name] for part in parts], knots=knots
            )
            for feature in features
        },
        prediction=_fit_prediction(schema, [part.prediction for part in parts], knots),
    )
    reference = reduce(add, [count_batch(grids, part, asked=False) for part in parts])
    found = find_left_out(parts, features)
    fingerprint = _fingerprint(_body(schema, grids, reference, found))
    return Baseline(schema, grids, reference, fingerprint, found.left_out, found.suspected)


def _fit_prediction(schema: Schema, columns: Sequence[Column | None], knots: int) -> Grid | None:
    there = [column for column in columns if column is not None]
    return fit_column(schema.prediction, there, knots=knots) if there else None


def _body(schema: Schema, grids: Grids, reference: Counted, found: Found) -> bytes:
    stored = _Stored(
        schema=schema.to_dict(),
        grids={name: store_grid(grid) for name, grid in grids.features.items()},
        prediction=None if grids.prediction is None else store_grid(grids.prediction),
        reference=store_counted(reference),
        left_out=dict(found.left_out),
        suspected=list(found.suspected),
    )
    return msgspec.msgpack.encode(stored)


def _fingerprint(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _load(stored: _Stored, fingerprint: str) -> Baseline:
    grids = Grids(
        features={name: load_grid(grid) for name, grid in stored.grids.items()},
        prediction=None if stored.prediction is None else load_grid(stored.prediction),
    )
    return Baseline(
        schema=Schema.from_dict(stored.schema),
        grids=grids,
        reference=load_counted(stored.reference, width=grids.width),
        fingerprint=fingerprint,
        left_out=stored.left_out,
        suspected=stored.suspected,
    )

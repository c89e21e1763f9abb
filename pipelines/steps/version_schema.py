"""The columns that a version of the model is sent, by its baseline.

A request without names of columns, such as CSV, has the features in the order that they had when
the version was trained. The features of driftloop.yaml may have been reordered, added or removed
since.
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, EndpointProviderError, ParamValidationError

from driftloop.errors import DriftloopError, InputError
from driftloop.profile import Baseline
from driftloop.s3_uri import parse_s3_uri
from driftloop.schema import Schema
from driftloop.untrusted_text import quoted_uri, single_line
from pipelines.steps.s3 import get

_REFUSED = frozenset({301, 403, 404})
"""HTTP statuses of a bucket in another region, of a denied access, and of an absent bucket or key.

Source: Amazon S3 API reference, "Error responses".
"""


class UnusableBaselineError(DriftloopError):
    """The baseline of a version can't be read, so the columns of its requests are unknown."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How the requests of a version are read for the schema of today.

    Attributes:
        schema: The version's columns in its own order, with the kinds of today: the same cells
            have the same values whichever version they were sent to.
        added: Features of today that the version did not have; its records lack their values.
        removed: Features that only the version had; they are not used.
        is_reordered: Whether the features that both have are in another order.
    """

    schema: Schema
    added: tuple[str, ...]
    removed: tuple[str, ...]
    is_reordered: bool


def read_schema(s3: Any, baseline_uri: str) -> Schema:
    """The schema of a version's baseline.

    Raises:
        UnusableBaselineError: There is no such baseline, or it is damaged.
    """
    try:
        content = get(s3, *parse_s3_uri(baseline_uri))
        if content is None:
            raise InputError("it does not exist")
        return Baseline.from_bytes(content).schema
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") not in _REFUSED:
            raise
        reason = str(error)
    except (DriftloopError, EndpointProviderError, ParamValidationError) as error:
        reason = str(error)
    raise UnusableBaselineError(
        f"the baseline {quoted_uri(baseline_uri)} can't be used: {single_line(reason)}"
    )


def map_columns(own: Schema, current: Schema) -> ColumnMapping:
    """Map the columns of a version's own schema to those of today, by name."""
    known = {feature.name: feature for feature in current.features}
    features = tuple(known.get(feature.name, feature) for feature in own.features)
    common = [name for name in own.names if name in known]
    return ColumnMapping(
        schema=Schema(
            features,
            own.target,
            own.problem_type,
            own.request_columns,
            current.label_missing_texts,
        ),
        added=tuple(name for name in current.names if name not in own.names),
        removed=tuple(name for name in own.names if name not in known),
        is_reordered=common != [name for name in current.names if name in own.names],
    )

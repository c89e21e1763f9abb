"""How many labels are final: counted from the ground-truth bucket, no further than needed."""

import json
from collections.abc import Iterator

from driftloop.contract.s3_keys import ground_truth_hour
from driftloop.window import Window
from lambdas.aws.context import ModelContext
from lambdas.aws.storage import Bucket


def mature_labels(context: ModelContext, collected: Window) -> int:
    """Labels collected in the hours of ``collected``, newest first, counted up to the minimum.

    A label that was collected before ``collected`` ends belongs to a record from before it too.
    """
    minimum = context.settings.retraining.min_labels
    bucket = Bucket(context.aws.client("s3"), context.aws.setting("GROUND_TRUTH_BUCKET"))
    count = 0
    for key in reversed(list(_keys(bucket, context.name, collected))):
        if count >= minimum:
            break
        count += _labels(bucket.get(key))
    return min(count, minimum)


def _keys(bucket: Bucket, model: str, collected: Window) -> Iterator[str]:
    first = ground_truth_hour(model, collected.start)
    last = ground_truth_hour(model, collected.end)
    for item in bucket.list(f"{model}/", after=first):
        if item.key[: len(last)] >= last:
            return
        yield item.key


def _labels(data: bytes) -> int:
    return sum(_rows(line) for line in data.splitlines() if line.strip())


def _rows(line: bytes) -> int:
    """Labels in one record: one a line of its data; a record that can't be read has none."""
    try:
        data = json.loads(line)["groundTruthData"]["data"]
    except (ValueError, KeyError, TypeError):
        return 0
    return len(str(data).split())

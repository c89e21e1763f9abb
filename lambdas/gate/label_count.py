"""How many labels are final: counted in the ground truth bucket, up to the minimum."""

from collections.abc import Iterator

from driftloop.contract.s3_keys import ground_truth_hour
from driftloop.labels import GroundTruth, read_labels
from driftloop.window import Window
from lambdas.aws.context import ModelContext
from lambdas.aws.storage import Bucket


def mature_labels(context: ModelContext, collected: Window) -> int:
    """Labeled records of the label files of ``collected``'s hours, at most the minimum required.

    A label that was collected before ``collected`` ends belongs to a record from before it, too.
    The newest files are read first, and no more of them than the minimum requires.
    """
    required = context.settings.retraining.min_labels
    bucket = Bucket(context.aws.client("s3"), context.aws.setting("GROUND_TRUTH_BUCKET"))
    truth = GroundTruth()
    for key in reversed(list(_keys(bucket, context.name, collected))):
        if truth.label_count >= required:
            break
        read_labels(bucket.get(key).splitlines(), truth)
    return min(truth.label_count, required)


def _keys(bucket: Bucket, model: str, collected: Window) -> Iterator[str]:
    first = ground_truth_hour(model, collected.start)
    last = ground_truth_hour(model, collected.end)
    for item in bucket.list(f"{model}/", after=first):
        if item.key[: len(last)] >= last:
            return
        yield item.key

"""How many labels are final: counted in the ground truth bucket, up to the minimum.

Anyone who may write a label file chooses its size and content. So files are streamed, and what is
read for one decision is limited; the decision says which limit was reached.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from driftloop.contract.s3_keys import ground_truth_hour
from driftloop.labels import LabelCounter
from driftloop.untrusted_text import single_line
from driftloop.window import Window
from lambdas.aws.context import ModelContext
from lambdas.aws.storage import Bucket, is_lost_object

MAX_FILES = 2_000
"""Label files that one decision reads: at some 30 ms each they take half of the function's time."""

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class LabelCount:
    """Labeled records, at most the required number.

    ``limitation`` is why there may be more; None if all files were read, or enough of them.
    """

    labels: int
    limitation: str | None


def mature_labels(context: ModelContext, collected: Window) -> LabelCount:
    """Labeled records of the label files of ``collected``'s hours, at most the minimum required.

    A label that was collected before ``collected`` ends belongs to a record from before it, too.
    The newest files are read first, and no more of them than the minimum requires.
    """
    counter = LabelCounter(context.settings.retraining.min_labels)
    bucket = Bucket(context.aws.client("s3"), context.aws.setting("GROUND_TRUTH_BUCKET"))
    keys = deque(_keys(bucket, context.name, collected), maxlen=MAX_FILES + 1)
    has_more = len(keys) > MAX_FILES
    if has_more:
        keys.popleft()
    lost = 0
    while keys and not counter.is_done:
        lost += not _add_file(counter, bucket, keys.pop())
    required = context.settings.retraining.min_labels
    if counter.label_count >= required:
        return LabelCount(counter.label_count, None)
    limitations = [
        *([counter.limit_reached] if counter.limit_reached else []),
        *([f"only the newest {MAX_FILES:,} files are read"] if has_more else []),
        *([f"{lost:,} files can't be read"] if lost else []),
    ]
    return LabelCount(counter.label_count, "; ".join(limitations) or None)


def _add_file(counter: LabelCounter, bucket: Bucket, key: str) -> bool:
    """Whether the file could be read; it may be gone, or encrypted with a key of its writer's."""
    try:
        counter.add_file(bucket.chunks(key))
    except ClientError as error:
        if not is_lost_object(error):
            raise
        logger.warning("%s can't be read: %s", single_line(key), error)
        return False
    return True


def _keys(bucket: Bucket, model: str, collected: Window) -> Iterator[str]:
    first = ground_truth_hour(model, collected.start)
    last = ground_truth_hour(model, collected.end)
    for item in bucket.list(f"{model}/", after=first):
        if item.key[: len(last)] >= last:
            return
        yield item.key

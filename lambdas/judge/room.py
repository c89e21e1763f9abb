"""What the parts of judge share: one model and one window."""

from dataclasses import dataclass
from datetime import datetime

from driftloop.config import Model
from driftloop.window import Window
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket
from lambdas.aws.wiring import Aws


@dataclass(frozen=True, slots=True)
class Room:
    """One analysis, as of ``now``."""

    aws: Aws
    model: str
    endpoint: str
    config: Model
    analysis: Bucket
    ledger: Ledger
    window: Window
    revision: int
    now: datetime

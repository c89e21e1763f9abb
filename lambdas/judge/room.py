"""What the parts of judge share: one model and one window."""

from dataclasses import dataclass
from datetime import datetime

from driftloop.config import ModelSettings
from driftloop.window import Window
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket
from lambdas.aws.wiring import AwsClients


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """One analysis, as of ``now``."""

    aws: AwsClients
    model: str
    endpoint: str
    config: ModelSettings
    analysis: Bucket
    ledger: Ledger
    window: Window
    revision: int
    as_of: datetime

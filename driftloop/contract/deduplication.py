"""The ID by which a receiver recognizes a repetition of an event or of a notification.

AWS delivers at least once, and a function may be killed between sending a message and recording
that it was sent. The repetition has the same ID: it is a hash of what the message is about.
"""

import hashlib
import json
from datetime import datetime

from driftloop.window import format_time

_LENGTH = 32
"""Hexadecimal digits: 128 bits. SNS and SQS take up to 128 letters and digits as such an ID."""


def deduplication_id(environment: str, kind: str, *key: str | int | datetime | None) -> str:
    """The ID of the message of this ``kind`` about what ``key`` identifies in the environment."""
    texts = [format_time(part) if isinstance(part, datetime) else part for part in key]
    text = json.dumps([environment, kind, *texts])
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]

"""Text that a model package's metadata and a pipeline's parameters can hold.

The steps' containers import this module: it needs the standard library alone.
"""

import re

MAX_METADATA_LENGTH = 256
"""SageMaker's limit for a value of a model package's metadata, in characters."""

ALLOWED_CHARACTERS = r"\w .:/=+\-@"
"""Of a value, as in a regular expression's class (CustomerMetadataValue of the API)."""

NONE = "none"
"""Value of what does not apply, such as the champion's version in a first training.

SageMaker refuses an empty value: ``string "" is too short (length: 0, required minimum: 1)``
(aws/sagemaker-python-sdk#4016, #3564), although the API's model says that the minimum is 0.
"""

_INVALID_CHARACTERS = re.compile(f"[^{ALLOWED_CHARACTERS}]")


def metadata_text(text: str) -> str:
    """The text in the characters and the length that metadata allows; ``none`` if none is left.

    Example:
        >>> metadata_text("95% (a to b); c")
        '95 percent a to b - c'
    """
    plain = _INVALID_CHARACTERS.sub(" ", text.replace("%", " percent").replace(";", " -"))
    return " ".join(plain.split())[:MAX_METADATA_LENGTH].strip() or NONE

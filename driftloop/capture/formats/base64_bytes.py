"""BASE64: SageMaker's encoding of content types that the capture configuration does not list."""

import base64
import binascii

from driftloop.capture.line_counts import RejectedLineError, RejectReason


def read(data: str) -> bytes:
    """The decoded bytes; line ends and blanks within the text are ignored."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RejectedLineError(RejectReason.INVALID_BASE64, str(error)) from error

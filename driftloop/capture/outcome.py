"""How a line ends that is not used. Raised while a line is read, counted by the reader."""

from driftloop.capture.tally import RejectReason, SkipReason


class RejectedLineError(Exception):
    """The line is rejected."""

    def __init__(self, reason: RejectReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class SkippedLineError(Exception):
    """The line is in order but no record of this window."""

    def __init__(self, kind: SkipReason) -> None:
        super().__init__(kind)
        self.kind = kind

"""How a line ends that is not used. Raised while a line is read, counted by the reader."""

from driftloop.capture.tally import Filtered, Reason


class Unusable(Exception):  # noqa: N818  (an outcome of a line, not an error of the program)
    """The line is rejected."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Apart(Exception):  # noqa: N818
    """The line is in order but no record of this window."""

    def __init__(self, kind: Filtered) -> None:
        super().__init__(kind)
        self.kind = kind

"""Errors with the codes of the CloudWatch API."""


class CloudWatchError(Exception):
    """An error response of the API."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")

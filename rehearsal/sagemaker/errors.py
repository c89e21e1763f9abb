"""Errors as the SageMaker API words them."""


class ServiceError(Exception):
    """An error answer of the API: ``code`` as in ``__type``, ``message``, HTTP ``status``."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


def invalid(message: str) -> ServiceError:
    """A request that can't be served as it is (most of SageMaker's refusals)."""
    return ServiceError("ValidationException", message)


def could_not_find(kind: str, arn: str) -> ServiceError:
    """What older SageMaker APIs answer about something that isn't there."""
    return invalid(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ServiceError:
    """What older SageMaker APIs answer to a name that is taken."""
    return invalid(f'Cannot create already existing {kind} "{arn}".')


def not_found(message: str) -> ServiceError:
    """What pipelines and jobs answer about something that isn't there."""
    return ServiceError("ResourceNotFound", message)


def conflict(message: str) -> ServiceError:
    """The resource is in a state that doesn't allow the call."""
    return ServiceError("ConflictException", message)

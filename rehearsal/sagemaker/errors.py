"""Errors with the codes and messages of the SageMaker API."""


class ServiceError(Exception):
    """An error response of the API: ``code`` as in ``__type``, ``message``, HTTP ``status``."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


def validation_error(message: str) -> ServiceError:
    """Return the error for an invalid request, ValidationException."""
    return ServiceError("ValidationException", message)


def could_not_find_error(kind: str, arn: str) -> ServiceError:
    """Return the error of older APIs for a resource that does not exist."""
    return validation_error(f'Could not find {kind} "{arn}".')


def already_exists_error(kind: str, arn: str) -> ServiceError:
    """Return the error of older APIs for a name that is taken."""
    return validation_error(f'Cannot create already existing {kind} "{arn}".')


def not_found_error(message: str) -> ServiceError:
    """Return the error of pipelines and jobs for a resource that does not exist."""
    return ServiceError("ResourceNotFound", message)


def conflict_error(message: str) -> ServiceError:
    """Return the error for a resource whose state does not allow the call."""
    return ServiceError("ConflictException", message)


def resource_limit_error(message: str) -> ServiceError:
    """Return the error for a request beyond a quota of the account."""
    return ServiceError("ResourceLimitExceeded", message)

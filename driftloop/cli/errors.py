"""What goes wrong outside of the core, told as the core tells it."""

from collections.abc import Iterator
from contextlib import contextmanager

from driftloop.errors import InputError


@contextmanager
def as_input_error(what: str) -> Iterator[None]:
    """Turn an error of the file system into an InputError that names ``what``."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{what}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{what}: this is a folder, a file is needed") from error
    except OSError as error:
        raise InputError(f"{what}: {error.strerror or error}") from error

"""Captures of several variants in one folder: each answers for itself; one at a time is judged."""

from pathlib import PurePosixPath

from driftloop.cli.places import FileEntry
from driftloop.errors import InputError

MAX_NAMED = 10
"""Variants that an error message names."""


def select_variant(files: list[FileEntry], wanted: str | None, place: str) -> list[FileEntry]:
    """The files of the variant that is ``wanted`` (``variant`` or ``endpoint/variant``).

    Where none is, all files. Raises InputError where that leaves several variants, of which one
    may be a shadow that nobody was answered by, or where it leaves none.
    """
    chosen = files
    if wanted is not None:
        chosen = [file for file in files if _is(wanted, variant_of(file.name))]
    left = sorted({variant for file in chosen if (variant := variant_of(file.name))})
    if wanted is not None and not chosen:
        raise InputError(f"{place}: there are no captures of a variant {wanted!r}; {_there(files)}")
    if len(left) > 1:
        raise InputError(
            f"{place}: captures of {len(left)} variants ({_named(left)}), which answer differently:"
            " choose one with --variant"
        )
    return chosen


def variant_of(name: str) -> str | None:
    """``<endpoint>/<variant>`` of SageMaker's ``…/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>``.

    Where the folder that was given is the endpoint's, it is ``<variant>`` alone.
    """
    parts = PurePosixPath(name).parts
    hours = parts[-5:-1]
    if len(parts) < 6 or not all(part.isdigit() for part in hours) or len(hours[0]) != 4:
        return None
    return "/".join(parts[-7:-5])


def _is(wanted: str, variant: str | None) -> bool:
    return variant is not None and wanted in (variant, variant.rpartition("/")[2])


def _there(files: list[FileEntry]) -> str:
    known = sorted({variant for file in files if (variant := variant_of(file.name))})
    if not known:
        return "its files lie in no variant's folder (endpoint/variant/yyyy/mm/dd/hh)"
    return f"there are {_named(known)}"


def _named(variants: list[str]) -> str:
    rest = len(variants) - MAX_NAMED
    return ", ".join(variants[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")

"""The pages' colors have enough contrast: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

import re
from importlib.resources import files

import pytest

CSS = files("driftloop.html").joinpath("templates/base.css").read_text()
SCHEMES = [
    dict(re.findall(r"--([\w-]+): ?(#[0-9a-f]+)", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
]
TEXT = (
    *(("ink", ground) for ground in ("page", "card")),
    *(("soft", ground) for ground in ("page", "card")),
    *((tone, f"{tone}-wash") for tone in ("good", "warn", "bad", "invalid", "neutral")),
)
GRAPHICS = (
    ("reference", "card"),
    ("current", "card"),
    *((f"tone-{position}", "card") for position in range(4)),
)


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = color.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[position : position + 2], 16) / 255 for position in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(scheme: dict[str, str], one: str, other: str) -> float:
    dark, light = sorted((luminance(scheme[one]), luminance(scheme[other])))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_ratio_is_that_of_the_standard() -> None:
    assert ratio({"a": "#000", "b": "#ffffff"}, "a", "b") == pytest.approx(21)
    # a grey of WebAIM's contrast checker: 4.54 on white
    assert ratio({"a": "#767676", "b": "#fff"}, "a", "b") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark", "print"])
def test_text_and_graphics_stand_out_in_light_dark_and_print(scheme: dict[str, str]) -> None:
    assert min(ratio(scheme, *pair) for pair in TEXT) >= 4.5
    assert min(ratio(scheme, *pair) for pair in GRAPHICS) >= 3

"""Writes every reference page; a test holds them current."""

from pathlib import Path

from docs.generator import PAGES

ROOT = Path(__file__).parents[2]

for path, page in PAGES.items():
    (ROOT / path).write_text(page(), encoding="utf-8")

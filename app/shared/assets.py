"""Reads the HTML, CSS and JavaScript of the pages from app/assets/."""

from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"


@cache
def read(name: str) -> str:
    """Returns the text of an asset, `name` relative to app/assets/. The file is read once."""
    return (ASSETS / name).read_text(encoding="utf-8").strip()

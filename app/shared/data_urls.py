"""Files as data URLs."""

import base64
import binascii
from typing import Any

PNG = "data:image/png;base64,"


def from_data_url(value: Any, largest: int) -> bytes | None:
    """Returns the bytes in a data URL of at most `largest` characters; None for anything else.

    >>> from_data_url("data:image/png;base64,AAEC", 100)
    b'\\x00\\x01\\x02'
    >>> from_data_url("https://example.org/a.png", 100)
    """
    if not isinstance(value, str) or len(value) > largest or not value.startswith("data:"):
        return None
    _kind, mark, content = value.partition(";base64,")
    try:
        return base64.b64decode(content, validate=True) if mark else None
    except (binascii.Error, ValueError):
        return None


def data_url(png: bytes) -> str:
    """Returns a PNG file as a data URL."""
    return PNG + base64.b64encode(png).decode()

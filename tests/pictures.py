"""Pictures that the tests of the drawing page share, and what an error for people looks like."""

import io
import re

from PIL import Image, ImageDraw


def ring() -> Image.Image:
    """A 0 as a person may draw it, white on black."""
    picture = Image.new("L", (280, 280))
    ImageDraw.Draw(picture).ellipse((85, 50, 195, 230), outline=255, width=22)
    return picture


def png(picture: Image.Image) -> bytes:
    """A picture as a PNG file."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def is_one_sentence(message: str) -> bool:
    """Whether a message is for people: one line, no traceback, no path of the server."""
    return bool(re.fullmatch(r"[^\n]{10,400}[.?]", message)) and "Traceback" not in message and "/tmp" not in message and "/work" not in message

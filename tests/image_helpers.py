"""Pictures that several tests share, and the form of an error message for people."""

import io
import re

from PIL import Image, ImageDraw


def ring() -> Image.Image:
    """Returns a hand-drawn 0, white on black."""
    picture = Image.new("L", (280, 280))
    ImageDraw.Draw(picture).ellipse((85, 50, 195, 230), outline=255, width=22)
    return picture


def ship(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Returns a ship on the sea, made of three shapes."""
    width, height = size
    picture = Image.new("RGB", size, (120, 170, 220))
    brush = ImageDraw.Draw(picture)
    brush.rectangle((0, height * 0.6, width, height), fill=(20, 60, 120))
    brush.polygon(
        [
            (width * 0.2, height * 0.5),
            (width * 0.8, height * 0.5),
            (width * 0.7, height * 0.7),
            (width * 0.3, height * 0.7),
        ],
        fill=(90, 40, 30),
    )
    return picture


def png(picture: Image.Image) -> bytes:
    """Returns a picture as a PNG file."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def is_one_sentence(message: str) -> bool:
    """Returns whether a message is one line without a traceback or a path of the server."""
    return (
        bool(re.fullmatch(r"[^\n]{10,400}[.?]", message))
        and "Traceback" not in message
        and "/tmp" not in message
        and "/work" not in message
    )

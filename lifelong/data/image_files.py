"""Reads image files, hostile ones included, and writes PNG."""

import io
import struct
import zlib
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import LifelongError

try:  # optional: 6 MB that decode the pictures of some phones
    import pillow_heif
except ImportError:
    pillow_heif = None
else:
    pillow_heif.register_heif_opener()

HEIC = ("HEIF",) if pillow_heif else ()
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO")
MAX_PIXELS = 50_000_000  # pixels; a larger picture is refused before it is decoded
DRAWING_PIXELS = 1_000_000  # of a drawing; decoding so many takes some milliseconds
DAMAGED = "That picture is damaged or only half there; save it again and try once more."
TOO_MUCH = "That picture takes more memory to read than there is for one; give a smaller one."
# What Pillow and its decoders raise for a file that is not what it says.
BROKEN = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError),
    *(RuntimeError, MemoryError, struct.error, zlib.error),
)
MAX_SIDE = 560  # pixels that JPEG is decoded to; more detail than this cannot reach 20 x 20


def open_image(file: bytes | BinaryIO) -> Image.Image:
    """Returns the picture in a file, upright. Raises LifelongError unless it is of sane size."""
    stream = io.BytesIO(file) if isinstance(file, bytes) else file
    return _opened(stream, (*FORMATS, *HEIC), MAX_PIXELS)


def open_drawing(file: bytes) -> Image.Image:
    """Returns what `open_image` does for a PNG file of at most DRAWING_PIXELS pixels.

    What a pad sends is one, and in these bounds no file takes long to read, or much memory.
    """
    return _opened(io.BytesIO(file), ("PNG",), DRAWING_PIXELS)


def _opened(stream: BinaryIO, formats: tuple[str, ...], most: int) -> Image.Image:
    smaller = f"give one of at most {most // 1_000_000} million."
    try:
        image = Image.open(stream, formats=formats)
        if image.width * image.height > most:
            raise LifelongError(f"The picture has {image.width} x {image.height} pixels; {smaller}")
        image.draft(None, (MAX_SIDE, MAX_SIDE))  # lets JPEG decode at a fraction of its size
        image.load()
        return ImageOps.exif_transpose(image)
    except UnidentifiedImageError:
        stream.seek(0)
        raise LifelongError(_unreadable(stream.read(12), formats)) from None
    except Image.DecompressionBombError:
        raise LifelongError(f"The picture has far too many pixels; {smaller}") from None
    except LifelongError:
        raise
    except MemoryError:
        raise LifelongError(TOO_MUCH) from None
    except BROKEN:
        raise LifelongError(DAMAGED) from None


def _unreadable(begin: bytes, formats: tuple[str, ...]) -> str:
    """Returns why no picture could be read from a file that begins with these 12 bytes."""
    if not _is_heic(begin):
        named = ", ".join(each for each in formats if each not in HEIC)
        return f"That file is not a picture that can be read; give one of {named}."
    if HEIC:
        return DAMAGED
    return (
        "That picture is HEIC, which needs the package pillow-heif on the server; save it as JPEG"
        " and try again."
    )


def _is_heic(begin: bytes) -> bool:
    """Returns whether the first 12 bytes of a file are those of a HEIC picture."""
    return begin[4:8] == b"ftyp" and begin[8:12] in HEIC_BRANDS


def png(pixels: np.ndarray) -> bytes:
    """Returns pixels uint8 (height, width) or (channels, height, width) as a PNG file."""
    if pixels.ndim == 3:
        pixels = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()

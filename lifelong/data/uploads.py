"""Pictures that strangers send, decoded in processes of their own, which are reused.

A decoder that hangs, takes more memory than a picture needs or crashes ends such a process, and
is one sentence; the pages go on. `python -m lifelong.data.uploads` is the process.
"""

import threading
from contextlib import suppress
from typing import Any

from PIL import Image

from ..errors import LifelongError
from ..storage import confined
from ..storage.confined import ConfinedProcess, DiedError, Frame
from .image_files import MAX_PIXELS, TOO_MUCH, open_image

SECONDS = 10.0  # for a picture
PROCESSES = 2  # so that a picture that hangs does not have all others wait
MODES = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "YCbCr": 3, "LAB": 3, "HSV": 3}
MODES |= {"I": 4, "F": 4, "I;16": 2, "I;16B": 2, "I;16L": 2}  # bytes a pixel, at most
BUSY = "Many pictures are being read at the moment; try again in a few seconds."
REFUSED = (
    f"That picture could not be read within {SECONDS:g} seconds and"
    f" {confined.MEMORY / 1e9:g} GB of memory; give a smaller one, as PNG or JPEG."
)


class Decoders:
    """Processes that decode pictures. Each is started when it is needed, or before by `warm`."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(PROCESSES)
        self._idle: list[ConfinedProcess] = []

    def warm(self) -> None:
        """Starts a process, unless there is one, and has it load what a first picture needs."""
        with suppress(LifelongError):
            self.open(b"")

    def open(self, file: bytes) -> Image.Image:
        """Returns what `open_image` does, of the kinds of pixels that people's files have.

        Raises LifelongError as that does, where it takes too long or too much memory, and where no
        process is free for as long.
        """
        if not self._free.acquire(timeout=SECONDS):
            raise LifelongError(BUSY)
        try:
            return self._open(file)
        finally:
            self._free.release()

    def _open(self, file: bytes) -> Image.Image:
        process = self._process()
        try:
            answer, pixels = process.ask({}, file, SECONDS, 4 * MAX_PIXELS)
            if "error" in answer:
                raise LifelongError(str(answer["error"]))
            found = _image(answer, pixels)
        except DiedError:
            process.end()
            raise LifelongError(REFUSED) from None
        except LifelongError:
            self._idle.append(process)
            raise
        self._idle.append(process)
        return found

    def _process(self) -> ConfinedProcess:
        """Returns an idle process, or a new one; one that the system has ended is left out."""
        while self._idle:
            if (process := self._idle.pop()).is_alive:
                return process
            process.end()
        return ConfinedProcess(__name__)


def _image(answer: dict[str, Any], pixels: bytes) -> Image.Image:
    """Returns the picture in an answer. Raises DiedError for what is none."""
    mode, size = answer.get("mode"), answer.get("size")
    try:
        width, height = (int(side) for side in size or ())
        if mode not in MODES or not 0 < width * height <= MAX_PIXELS:
            raise ValueError
        return Image.frombytes(mode, (width, height), pixels)
    except (ValueError, TypeError):
        raise DiedError("The process that decodes answered no picture.") from None


def _decoded(_header: dict[str, Any], file: bytes) -> Frame:
    """Returns a picture as an answer: pixels of one of MODES, transparency as a channel."""
    try:
        image = open_image(file)
        if image.has_transparency_data:
            image = image if image.mode == "LA" else image.convert("RGBA")
        elif image.mode not in MODES:
            image = image.convert("RGB")
        return {"mode": image.mode, "size": image.size}, image.tobytes()
    except MemoryError:
        raise LifelongError(TOO_MUCH) from None


decoders = Decoders()


if __name__ == "__main__":
    confined.serve(_decoded)

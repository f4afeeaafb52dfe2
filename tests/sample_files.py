"""Small data set files in the layouts of the sources, and a local download server."""

import gzip
import io
import struct
import threading
import time
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

TRAIN, TEST = 30, 10  # images of the tiny MNIST


def idx_bytes(array: np.ndarray) -> bytes:
    """Returns an IDX file of unsigned bytes."""
    return (
        struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
        + array.astype(np.uint8).tobytes()
    )


def four_files(
    prefixes: tuple[str, str] = ("train", "t10k"), classes: int = 10, first: int = 0
) -> dict[str, bytes]:
    """Returns the files of a tiny MNIST: image k is filled with k, its label is k modulo 10.

    prefixes: of the names of the files. classes: in place of ten; first: the label of the first.
    """
    files = {}
    for name, count in zip(prefixes, (TRAIN * classes // 10, TEST * classes // 10)):
        number = np.arange(count)
        files[f"{name}-images-idx3-ubyte"] = idx_bytes(
            np.broadcast_to(number[:, None, None], (count, 28, 28))
        )
        files[f"{name}-labels-idx1-ubyte"] = idx_bytes(number % classes + first)
    return files


def matlab_file(arrays: dict[str, np.ndarray], zipped: bool = True) -> bytes:
    """Returns a MATLAB file of level 5 with these arrays, uint8 or float64."""

    def element(kind: int, content: bytes) -> bytes:
        return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)

    elements = []
    for name, array in arrays.items():
        of_class, numbers = (9, 2) if array.dtype == np.uint8 else (6, 9)
        flags = element(6, struct.pack("<II", of_class, 0))
        sizes = element(5, np.array(array.shape, "<i4").tobytes())
        # A name of at most four letters lies within its tag.
        named = struct.pack("<HH4s", 1, len(name), name.encode())
        matrix = element(14, flags + sizes + named + element(numbers, array.tobytes(order="F")))
        packed = zlib.compress(matrix)
        elements.append(struct.pack("<II", 15, len(packed)) + packed if zipped else matrix)
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(elements)


def place_files(
    folder: Path, files: dict[str, bytes], packed: bool = True, kin: str = "MNIST"
) -> Path:
    """Writes the files in MNIST's layout under LIFELONG_DATA."""
    raw = folder / kin / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (raw / (f"{name}.gz" if packed else name)).write_bytes(
            gzip.compress(content) if packed else content
        )
    return raw


def image_bytes(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    """Returns pixels uint8 (height, width) or (height, width, 3) as an image file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def plain(value: int, shape: tuple[int, ...] = (32, 32, 3)) -> np.ndarray:
    """Returns pixels that all have one value."""
    return np.full(shape, value, np.uint8)


def parquet(
    file: Path,
    images: list,
    labels: list,
    column: str = "img",
    metadata: dict | None = None,
    kinds=(None, None),
) -> Path:
    """Writes a parquet file in the layout of the Hugging Face Hub.

    Args:
        kinds: pyarrow's types of the images and labels, if they are not the usual ones.
    """
    if kinds[0] is None:
        images = [{"bytes": image, "path": "x.png"} for image in images]
    table = pa.table({column: pa.array(images, kinds[0]), "label": pa.array(labels, kinds[1])})
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file


def image_folder(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes files by their path within the folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


class Harmful:
    """Object that creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def go_online(monkeypatch) -> None:
    """Allows downloads in this test."""
    monkeypatch.delenv("LIFELONG_OFFLINE")
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)


@contextmanager
def server(files: dict[str, bytes], cut: float = 1.0, silent: bool = False, pause: float = 0.0):
    """Serves files under their names; yields the address and the list of requested names.

    Args:
        cut: share of each file that is sent.
        silent: sends nothing after that and keeps the connection open.
        pause: seconds between the eighths of a file.
    """
    requests = []
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/")
            requests.append(name)
            if name not in files:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(files[name])))
            self.end_headers()
            content = files[name][: int(cut * len(files[name]))]
            size = max(1, len(content) // 8) if pause else max(1, len(content))
            for start in range(0, len(content), size):
                time.sleep(pause if start else 0)
                self.wfile.write(content[start : start + size])
            if silent:
                self.wfile.flush()
                closing.wait(10)

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/", requests
    finally:
        closing.set()
        http.shutdown()
        http.server_close()
        thread.join()

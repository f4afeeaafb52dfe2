"""Laws of zip files, pictures, image folders and parquet files from elsewhere: a result or one
sentence, no file outside, nothing fetched.
"""

import io
import os
import socket
import stat
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifelong import datasets
from lifelong.data.image_files import open_image
from lifelong.runs import archives
from lifelong.runs.folders import home
from lifelong.service import collection
from tests.helpers import config, learned_run
from tests.properties.helpers import (
    NAMES,
    TEXTS,
    VALUES,
    files_below,
    json_text,
    quick,
    result_or_sentence,
)
from tests.sample_files import image_bytes

PIXELS = np.arange(12 * 9 * 3, dtype=np.uint8).reshape(12, 9, 3)
FILE_NAMES = NAMES | st.sampled_from(
    [
        "config.json",
        "record.jsonl",
        "task-0.safetensors",
        "../config.json",
        "/etc/passwd",
        "a/../../b",
        "C:\\windows\\x",
        "task-0.safetensors/",
        "CON",
        "stored.json",
        "bookmark.json",
        "study.json",
        "pictures-3.safetensors",
    ]
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_given, **_more):
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


MEMBERS = st.tuples(
    st.sampled_from(["", "r/", "r-abcdef/", "../", "/"]),
    FILE_NAMES,
    st.binary(max_size=60)
    | st.just(bytes(2_000_000))
    | VALUES.map(lambda v: json_text(v).encode()),
    st.sampled_from([0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR]),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@quick
@given(
    members=st.lists(MEMBERS, min_size=1, max_size=5),
    cut=st.integers(0, 3),
    more=st.binary(max_size=3),
)
def test_a_zip_file_of_any_members_leaves_a_run_or_nothing(members, cut, more, tmp_path_factory):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for folder, name, data, kind, compression in members:
            member = zipfile.ZipInfo((folder + name)[:60_000] or "x")
            member.create_system, member.external_attr = 3, (kind | 0o777) << 16
            member.compress_type = compression
            packed.writestr(member, data)
    data = content.getvalue()
    data = data[: len(data) - cut] + more
    outer = tmp_path_factory.mktemp("zip")
    (outer / "inner").mkdir()
    before = files_below(home())
    result_or_sentence(archives.unpack, io.BytesIO(data), outer / "inner")
    assert all(path.startswith("inner/") for path in files_below(outer))
    assert not any(path.is_symlink() for path in outer.rglob("*"))
    taken = result_or_sentence(collection.load_zip, io.BytesIO(data))
    assert taken is not None or files_below(home()) == before


@pytest.fixture(scope="module")
def run_files(tmp_path_factory):
    """The files of a run that was learned, by name."""
    patch = pytest.MonkeyPatch()
    patch.setenv("LIFELONG_RUNS", str(tmp_path_factory.mktemp("runs")))
    folder = learned_run(config("replay", tasks=2, steps=2))
    patch.undo()
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name[0] != "."}


@quick
@given(data=st.data())
def test_a_run_with_any_bytes_changed_is_refused_or_read(run_files, data):
    name = data.draw(st.sampled_from(sorted(run_files)))
    content = bytearray(run_files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each, unchanged in run_files.items():
            archive.writestr(each, bytes(content) if each == name else unchanged)
    taken = result_or_sentence(collection.load_zip, packed)
    if name.endswith(".safetensors") and bytes(content) != run_files[name]:
        assert taken is None


@quick
@given(data=st.data())
def test_a_picture_with_any_bytes_changed_is_opened_or_refused(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO"]))
    content = bytearray(image_bytes(PIXELS, kind))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    image = result_or_sentence(open_image, bytes(content[: cut or None]))
    assert image is None or image.width * image.height <= 50_000_000


COLUMNS = st.one_of(
    st.lists(st.binary(max_size=20), min_size=2, max_size=4),
    st.lists(st.integers(-3, 2**40), min_size=2, max_size=4),
    st.lists(TEXTS, min_size=2, max_size=4),
    st.lists(st.floats(allow_subnormal=False), min_size=2, max_size=4),
    st.lists(st.none(), min_size=2, max_size=4),
    st.lists(st.just({"bytes": b"x", "path": "/etc/passwd"}), min_size=2, max_size=4),
    st.lists(st.just({"bytes": None, "path": "http://localhost/x.png"}), min_size=2, max_size=4),
    st.lists(st.just({"path": "/dev/zero"}), min_size=2, max_size=4),
)


@pytest.fixture
def own_data(monkeypatch, tmp_path_factory):
    """An empty folder that data sets are read from."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("LIFELONG_DATA", str(folder))
    return folder


@quick
@given(images=COLUMNS, labels=COLUMNS, names=st.tuples(TEXTS, TEXTS), metadata=VALUES)
def test_a_parquet_file_of_any_columns_is_read_or_refused(
    own_data, images, labels, names, metadata
):
    folder = own_data / "generated"
    folder.mkdir(exist_ok=True)
    count = min(len(images), len(labels))
    for at, split in enumerate(("train", "test")):
        table = pa.table(
            {("img", names[0])[at]: images[:count], "label": labels[:count]}
            if names[0] != "label"
            else {"image": images[:count], "label": labels[:count]}
        ).replace_schema_metadata({"huggingface": json_text(metadata)})
        pq.write_table(table, folder / f"{split}.parquet")
    result_or_sentence(datasets.load, "generated")


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["train", "test", "train/a", "test/a", "train/b", "test/b", "."]),
        st.text("abc.<>&\u202e \x01", min_size=1, max_size=6) | st.sampled_from(["x.png", "y.jpg"]),
        st.sampled_from(["file", "png", "folder", "pipe", "link out", "link in circle", "device"]),
    ),
    max_size=8,
)


@quick
@given(entries=ENTRIES, data=st.binary(max_size=20))
def test_an_image_folder_of_any_entries_is_read_or_refused(
    own_data, entries, data, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("data") / "generated"
    os.environ["LIFELONG_DATA"] = str(folder.parent)
    for within in ("train/a", "test/a", "train/b", "test/b"):
        (folder / within).mkdir(parents=True)
        (folder / within / "0.png").write_bytes(image_bytes(PIXELS))
    for within, name, kind in entries:
        _make(folder / within / name, kind, data, folder)
    result_or_sentence(datasets.load, "generated")


def _make(path, kind: str, data: bytes, folder) -> None:
    """Makes an entry of a folder, where there is none of its name."""
    if path.exists() or path.is_symlink() or not path.parent.is_dir():
        return
    if kind == "file":
        path.write_bytes(data)
    elif kind == "png":
        path.write_bytes(image_bytes(PIXELS))
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        target = {"link out": "/etc/passwd", "device": "/dev/zero"}.get(kind, folder)
        path.symlink_to(target)

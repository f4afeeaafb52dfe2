"""Laws of zip files of runs: what is packed comes back, and no file writes but where it may."""

import io
import random
import stat
import struct
import zipfile

import pytest

from lifelong.errors import LifelongError
from lifelong.runs import archives
from tests.runs.helpers import sentence

CONFIG, RECORD = b'{"a": 1}', b"line\n" * 40


def zip_of(*members, compression=zipfile.ZIP_STORED) -> bytes:
    """Returns a zip file of (name or ZipInfo, content)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as packed:
        for name, data in members:
            packed.writestr(name, data)
    return content.getvalue()


def run_zip(*more, **options) -> bytes:
    return zip_of(("r/config.json", CONFIG), ("r/record.jsonl", RECORD), *more, **options)


def unpack(content: bytes, folder):
    folder.mkdir(exist_ok=True)
    archives.unpack(io.BytesIO(content), folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def linked(name: str, kind: int) -> zipfile.ZipInfo:
    """Returns a member that is a link, a device or a folder by its mode."""
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, (kind | 0o777) << 16
    return member


def test_what_is_packed_comes_back_without_the_files_of_this_machine(tmp_path):
    folder = tmp_path / "run-abcdef"
    folder.mkdir()
    files = {"config.json": CONFIG, "record.jsonl": RECORD, "task-0.safetensors": b"\0\1"}
    for name, content in {**files, ".lock": b"", ".unlisted": b"x", "notes.txt": b"mine"}.items():
        (folder / name).write_bytes(content)
    (folder / "bookmark.json").symlink_to(tmp_path / "elsewhere")
    content = archives.pack(folder)
    assert archives.name_within(io.BytesIO(content)) == "run-abcdef"
    assert unpack(content, tmp_path / "out") == files


def test_a_zip_file_made_by_other_programs_is_read(tmp_path):
    whole = zip_of(
        ("r/", b""),
        ("r/config.json", CONFIG),
        ("r/record.jsonl", RECORD),
        compression=zipfile.ZIP_DEFLATED,
    )
    assert unpack(whole, tmp_path / "a") == {"config.json": CONFIG, "record.jsonl": RECORD}
    assert unpack(zip_of(("config.json", CONFIG)), tmp_path / "b") == {"config.json": CONFIG}
    assert archives.name_within(io.BytesIO(zip_of(("config.json", CONFIG)))) == ""


HOSTILE = [
    (run_zip(("../config.json", b"")), "is no file of a run"),
    (run_zip(("../../etc/passwd", b"")), "is no file of a run"),
    (run_zip(("r/../../x", b"")), "is no file of a run"),
    (run_zip(("/etc/passwd", b"")), "is no file of a run"),
    (run_zip(("/config.json", b"")), "is no file of a run"),
    (run_zip(("C:\\config.json", b"")), "is no file of a run"),
    (run_zip(("r\\..\\config.json", b"")), "is no file of a run"),
    (run_zip(("r/sub/config.json", b"")), "is no file of a run"),
    (run_zip(("r/notes.txt", b"")), "is no file of a run"),
    (run_zip(("r/.lock", b"")), "is no file of a run"),
    (run_zip(("r/.unlisted", b"")), "is no file of a run"),
    (run_zip(("r/task-0.safetensors.exe", b"")), "is no file of a run"),
    (run_zip(("r/task--1.safetensors", b"")), "is no file of a run"),
    (run_zip(("r/task-00.safetensors", b"")), "is no file of a run"),
    (run_zip(("r/model.pkl", b"")), "is no file of a run"),
    (run_zip((".hidden/config.json", b"")), "is no file of a run"),
    (run_zip(("s/config.json", b"")), "twice|several folders"),
    (run_zip(("s/bookmark.json", b"")), "several folders"),
    (run_zip(("r/study.json", b"")), "a run and a study"),
    (run_zip((linked("r/stored.json", stat.S_IFLNK), b"/etc/passwd")), "as a link"),
    (run_zip((linked("r/stored.json", stat.S_IFIFO), b"")), "as a link"),
    (run_zip((linked("r/stored.json", stat.S_IFDIR), b"")), "as a link"),
    (zip_of(("r/record.jsonl", RECORD)), "no config.json"),
    (zip_of(), "no config.json"),
    (run_zip(compression=zipfile.ZIP_LZMA), "compressed in a form"),
    (b"", "is not a zip file"),
    (b"PK", "is not a zip file"),
    (b"no zip at all" * 10, "is not a zip file"),
    (run_zip() + b"trailing", "is not a zip file"),
    (run_zip()[:-1], "is not a zip file"),
    (run_zip(("r/task-0.safetensors", bytes(3_000_000)), compression=8), "announces 3.0 MB"),
    (run_zip(("r/bookmark.json", bytes(20_000))), "announces 20 kB"),
    (zip_of(("r/config.json", b" " * 1_000_001)), "announces"),
]


@pytest.mark.parametrize(("content", "says"), HOSTILE)
def test_a_hostile_zip_file_is_refused_in_a_sentence_and_nothing_is_unpacked(
    tmp_path, content, says
):
    folder = tmp_path / "inner" / "out"
    folder.mkdir(parents=True)
    with pytest.raises(LifelongError, match=says) as error:
        archives.unpack(io.BytesIO(content), folder)
    sentence(error)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_same_name_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = run_zip(("r/config.json", b"{}"))
    with pytest.raises(LifelongError, match=r"holds config\.json twice"):
        unpack(content, tmp_path / "out")


def test_too_many_files_and_too_many_bytes_in_all_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 1)
    with pytest.raises(LifelongError, match="more than the 1 files"):
        unpack(run_zip(), tmp_path / "a")
    monkeypatch.setattr(archives, "MOST_FILES", 5000)
    monkeypatch.setattr(archives, "MOST_BYTES", len(RECORD))
    with pytest.raises(LifelongError, match="In all it has 208 bytes"):
        unpack(run_zip(), tmp_path / "b")


def test_a_list_of_files_that_would_fill_memory_is_not_read(tmp_path, monkeypatch):
    content = run_zip()
    monkeypatch.setattr(archives, "DIRECTORY_BYTES", 60)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(LifelongError, match="more than the 5000 files"):
        archives.unpack(io.BytesIO(content), tmp_path)


def test_a_file_in_the_form_for_large_ones_is_not_read(tmp_path):
    content = run_zip()
    end = content[-22:]
    large = b"PK\x06\x07" + bytes(16)
    with pytest.raises(LifelongError, match="more than"):
        archives.unpack(io.BytesIO(content[:-22] + large + end), tmp_path)


def test_no_more_is_written_than_was_announced(tmp_path):
    """The size in the list of files says 8 bytes; the data go on."""
    content = bytearray(zip_of(("r/config.json", b" " * 100_000), compression=8))
    start = content.rindex(b"PK\x01\x02")
    content[start + 24 : start + 28] = struct.pack("<L", 8)
    with pytest.raises(LifelongError, match="damaged"):
        unpack(bytes(content), tmp_path / "out")
    assert all(file.stat().st_size <= 8 for file in (tmp_path / "out").iterdir())


def test_a_password_is_refused(tmp_path):
    content = bytearray(run_zip())
    for sign, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(sign) + offset] |= 1
    with pytest.raises(LifelongError, match="password"):
        unpack(bytes(content), tmp_path / "out")


def test_a_full_disk_is_noticed_before(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(LifelongError, match="only 1 kB are free") as error:
        unpack(run_zip(), tmp_path / "out")
    sentence(error)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("seed", range(4))
def test_bytes_changed_at_random_end_in_the_same_files_or_in_a_sentence(tmp_path, seed):
    dice = random.Random(seed)
    whole = run_zip(compression=dice.choice([0, 8]))
    for number in range(150):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        if dice.random() < 0.2:
            del content[dice.randrange(len(content)) :]
        folder = tmp_path / "home" / str(number)
        folder.parent.mkdir(exist_ok=True)
        try:
            files = unpack(bytes(content), folder)
        except LifelongError as error:
            assert "\n" not in str(error)
        else:
            assert set(files.values()) <= {CONFIG, RECORD}, "the check sum holds"
    assert [path.name for path in tmp_path.iterdir()] == ["home"]

"""Laws of files that a person names: only plain ones of a sane size are opened."""

import os
from pathlib import Path

import pytest

from lifelong.errors import LifelongError
from lifelong.storage import plain_files
from tests.runs.helpers import sentence


def test_a_plain_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert plain_files.read(tmp_path / "a") == b"content"


def test_a_pipe_a_device_a_folder_and_what_is_missing_or_too_large_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(11))
    for file, says in (
        (tmp_path / "pipe", "is not a plain file"),
        (Path("/dev/zero"), "is not a plain file"),
        (tmp_path, "is not a plain file"),
        (tmp_path / "none", "could not be read"),
        (tmp_path / "a\0b", "could not be read"),
        (tmp_path / "large", "has 11 bytes; at most 10 bytes are read"),
    ):
        with pytest.raises(LifelongError, match=says) as error:
            plain_files.read(file, most=10)
        sentence(error)

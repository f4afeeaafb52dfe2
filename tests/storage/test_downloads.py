"""Laws of downloads: a complete file with the right checksum, or none."""

import hashlib
import socket
import subprocess
import sys
import time

import pytest

from lifelong.storage import downloads
from lifelong.storage.downloads import DownloadError, fetch
from tests.helpers import ROOT
from tests.sample_files import go_online, server

CONTENT = bytes(range(256)) * 2000
SHA256, MD5 = (f"{name}:{hashlib.new(name, CONTENT).hexdigest()}" for name in ("sha256", "md5"))


@pytest.fixture(autouse=True)
def _online(monkeypatch):
    go_online(monkeypatch)


@pytest.mark.parametrize(
    "checksum", [SHA256, MD5, SHA256[:15]], ids=["sha256", "md5", "first digits"]
)
def test_a_file_arrives_with_the_right_checksum(tmp_path, checksum):
    file = tmp_path / "new" / "folder" / "a.bin"
    with server({"a.bin": CONTENT}) as (address, _requests):
        list(fetch([f"{address}a.bin"], file, checksum))
    assert file.read_bytes() == CONTENT and list(file.parent.iterdir()) == [file]


def test_the_bytes_so_far_are_yielded_as_they_come_and_end_at_the_size(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "PERIOD", 0.02)
    with server({"a.bin": CONTENT}, pause=0.05) as (address, _requests):
        counts = list(fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256))
    assert counts == sorted(counts) and counts[-1] == len(CONTENT) and len(set(counts)) > 3


@pytest.mark.parametrize(
    ("served", "checksum", "cut"),
    [
        (CONTENT, "sha256:" + 64 * "0", 1.0),
        (CONTENT + b"x", SHA256, 1.0),
        (CONTENT, SHA256, 0.5),
        (CONTENT, SHA256, 0.0),
        (None, SHA256, 1.0),
    ],
    ids=["wrong checksum", "another file", "cut off", "empty", "not there"],
)
def test_a_failed_download_leaves_no_file_and_preserves_an_older_one(
    tmp_path, served, checksum, cut
):
    file = tmp_path / "a.bin"
    file.write_bytes(b"older")
    with (
        server({"a.bin": served} if served else {}, cut) as (address, _requests),
        pytest.raises(DownloadError),
    ):
        list(fetch([f"{address}a.bin"], file, checksum))
    assert file.read_bytes() == b"older" and list(tmp_path.iterdir()) == [file]


def test_a_server_that_falls_silent_is_given_up_and_meanwhile_the_count_is_still_yielded(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5)
    monkeypatch.setattr(downloads, "PERIOD", 0.05)
    counts, timeouts = [], set()
    with (
        server({"a.bin": CONTENT}, 0.5, silent=True) as (address, _requests),
        pytest.raises(DownloadError),
    ):
        for count in fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256):
            counts.append(count)
            timeouts.add(socket.getdefaulttimeout())
    assert len(counts) > len(set(counts)) and counts[-1] < len(CONTENT)
    assert list(tmp_path.iterdir()) == []
    assert timeouts == {None}, "the time-out is the connection's, not the process's"


def test_the_addresses_are_tried_in_order_until_one_delivers(tmp_path):
    with server({"good/a.bin": CONTENT, "bad/a.bin": b"?"}) as (address, requests):
        addresses = [f"{address}{folder}/a.bin" for folder in ("none", "bad", "good", "unused")]
        list(fetch(addresses, tmp_path / "a.bin", SHA256))
    assert requests == ["none/a.bin", "bad/a.bin", "good/a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_download_that_nobody_waits_for_ends_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "PERIOD", 0.02)
    with server({"a.bin": CONTENT}, pause=0.05) as (address, _requests):
        counts = fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256)
        while next(counts) == 0:
            pass
        counts.close()
        give_up = time.monotonic() + 5
        while list(tmp_path.iterdir()) and time.monotonic() < give_up:
            time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []


def test_two_processes_that_download_at_once_both_get_the_whole_file(tmp_path):
    code = (
        "import sys; from pathlib import Path; from lifelong.storage.downloads import fetch; "
        "list(fetch([sys.argv[1]], Path(sys.argv[2]), sys.argv[3])); "
        "print(len(Path(sys.argv[2]).read_bytes()))"
    )
    file = tmp_path / "a.bin"
    with server({"a.bin": CONTENT}, pause=0.05) as (address, requests):
        command = [sys.executable, "-c", code, f"{address}a.bin", str(file), SHA256]
        processes = [
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "ab"
        ]
        outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert outputs == [f"{len(CONTENT)}\n"] * 2 and requests == ["a.bin"] * 2
    assert list(tmp_path.iterdir()) == [file]


def test_offline_no_server_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    with (
        server({"a.bin": CONTENT}) as (address, requests),
        pytest.raises(DownloadError, match="LIFELONG_OFFLINE"),
    ):
        list(fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256))
    assert requests == [] and list(tmp_path.iterdir()) == []

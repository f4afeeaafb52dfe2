"""Laws of downloads: a complete file with the right checksum, or none."""

import hashlib
import socket

import pytest

from lifelong.storage import downloads
from lifelong.storage.downloads import DownloadError, fetch
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
    with server({"a.bin": CONTENT}) as (address, _asked):
        fetch([f"{address}a.bin"], file, checksum)
    assert file.read_bytes() == CONTENT and list(file.parent.iterdir()) == [file]


def test_the_bytes_are_reported_and_end_at_the_size(tmp_path):
    reports: list[int] = []
    with server({"a.bin": CONTENT}) as (address, _asked):
        fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256, reports.append)
    assert reports == sorted(reports) and reports[-1] == len(CONTENT) and len(set(reports)) > 3


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
        server({"a.bin": served} if served else {}, cut) as (address, _asked),
        pytest.raises(DownloadError),
    ):
        fetch([f"{address}a.bin"], file, checksum)
    assert file.read_bytes() == b"older" and list(tmp_path.iterdir()) == [file]


def test_a_silent_server_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.3)
    with (
        server({"a.bin": CONTENT}, 0.5, silent=True) as (address, _asked),
        pytest.raises(DownloadError),
    ):
        fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256)
    assert list(tmp_path.iterdir()) == []
    assert socket.getdefaulttimeout() is None, "the rest of the process keeps its patience"


def test_the_addresses_are_tried_in_order_until_one_delivers(tmp_path):
    with server({"good/a.bin": CONTENT, "bad/a.bin": b"?"}) as (address, requests):
        addresses = [f"{address}{folder}/a.bin" for folder in ("none", "bad", "good", "unused")]
        fetch(addresses, tmp_path / "a.bin", SHA256)
    assert requests == ["none/a.bin", "bad/a.bin", "good/a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_the_progress_callback_can_stop_the_download(tmp_path):
    def stop(_done: int) -> None:
        raise InterruptedError("nobody waits for it any more")

    with server({"a.bin": CONTENT}) as (address, _asked), pytest.raises(InterruptedError):
        fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256, stop)
    assert list(tmp_path.iterdir()) == []


def test_offline_sends_no_request(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    with (
        server({"a.bin": CONTENT}) as (address, requests),
        pytest.raises(DownloadError, match="LIFELONG_OFFLINE"),
    ):
        fetch([f"{address}a.bin"], tmp_path / "a.bin", SHA256)
    assert requests == [] and list(tmp_path.iterdir()) == []

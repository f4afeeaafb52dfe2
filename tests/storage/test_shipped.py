"""Laws of what comes with the project and is fetched where only the package is installed."""

import hashlib

import pytest

from benchmarks import list_shipped
from lifelong.errors import LifelongError
from lifelong.models.parts import weights
from lifelong.runs import folders
from lifelong.runs import store as run_store
from lifelong.storage import shipped
from lifelong.storage.progress import result_of
from tests.image_helpers import is_one_sentence
from tests.sample_files import go_online, server

RUN = "mnist-class-finetune"
OWN = [file.path for file in shipped.files() if file.path.startswith(f"{RUN}/")]


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A machine with the package alone, online."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    monkeypatch.setattr(folders, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped" / "backbones")
    go_online(monkeypatch)
    return tmp_path / "shipped"


def test_the_list_is_that_of_the_files_in_the_checkout():
    assert shipped.LIST.read_text("utf-8").splitlines() == list_shipped.lines()


def test_nothing_is_missing_in_a_checkout():
    assert not [file for file in shipped.files() if shipped.missing(file.path)]
    assert result_of(shipped.fetch(RUN)) is None


def test_without_an_address_one_sentence_says_what_to_set(elsewhere, monkeypatch):
    monkeypatch.delenv(shipped.ADDRESS, raising=False)
    with pytest.raises(LifelongError, match="LIFELONG_SHIPPED_URL") as error:
        run_store.named(RUN)
    assert is_one_sentence(str(error.value)) and weights.default_source("resnet50") == "imagenet"
    with pytest.raises(LifelongError, match="no run 'mnist-clas-fine'"):
        run_store.named("mnist-clas-fine")


def test_a_run_is_fetched_once_and_checked(elsewhere, monkeypatch):
    content = {path: (shipped.CHECKOUT / path).read_bytes() for path in ("shipped.txt", *OWN)}
    with server(content) as (address, requests):
        monkeypatch.setenv(shipped.ADDRESS, address)
        folder = run_store.named(RUN)
        assert run_store.named(RUN) == folder == elsewhere / RUN
        assert run_store.history(folder).finished and folder in run_store.shipped()
        assert len(requests) == len(content)
        assert weights.default_source("resnet50") == "shipped"
    for file in folder.iterdir():
        original = shipped.CHECKOUT / RUN / file.name
        assert hashlib.sha256(file.read_bytes()).digest() == (
            hashlib.sha256(original.read_bytes()).digest()
        )


def test_a_file_with_another_checksum_is_not_taken(elsewhere, monkeypatch):
    content = {path: b"something else" for path in ("shipped.txt", *OWN)}
    with server(content) as (address, _requests):
        monkeypatch.setenv(shipped.ADDRESS, address)
        with pytest.raises(LifelongError, match="could not be fetched"):
            run_store.named(RUN)
    assert not list(elsewhere.rglob("*.*"))

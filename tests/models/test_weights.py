"""Laws of the download of ImageNet weights, from a local server."""

import hashlib
import io
import itertools
import pickle
import re
from pathlib import Path

import pytest
import torch

from lifelong import config as configs
from lifelong import registry
from lifelong.errors import LifelongError
from lifelong.events import ExtractingFeatures, Loading, Started
from lifelong.models.parts import backbone, weights
from lifelong.models.parts.backbone_info import BackboneInfo
from lifelong.numerics.torchvision_import import models
from lifelong.storage import downloads, progress
from lifelong.storage.downloads import cache_folder
from lifelong.training import experiment
from tests.helpers import toy_dataset, use_images
from tests.sample_files import Harmful, go_online, server

NET = "shufflenet_v2_x0_5"
MEGABYTES = 40.0  # what the stand-in says of its size


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """Uses an empty download folder and no weights in memory."""
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "cache"))
    go_online(monkeypatch)
    weights._imagenet.cache_clear()
    yield
    weights._imagenet.cache_clear()


@pytest.fixture
def file() -> tuple[str, bytes, dict[str, torch.Tensor]]:
    """The name, the content and the tensors of a weights file as torchvision writes it."""
    model = backbone.TorchvisionBackbone(BackboneInfo(NET, "imagenet"))
    model.initialise(torch.Generator().manual_seed(3))
    tensors, out = model.network.state_dict(), io.BytesIO()
    torch.save(tensors, out)
    return f"{NET}-{hashlib.sha256(out.getvalue()).hexdigest()[:8]}.pth", out.getvalue(), tensors


def use(monkeypatch, url: str) -> None:
    """Sets the address from which torchvision loads the weights."""

    class StandIn(models.WeightsEnum):
        DEFAULT = models._api.Weights(url=url, transforms=None, meta={"_file_size": MEGABYTES})

    monkeypatch.setattr(models, "get_model_weights", lambda _name: StandIn)


def refused() -> str:
    with pytest.raises(LifelongError) as error:
        weights.load(NET, "imagenet")
    return str(error.value)


def run_config() -> configs.RunConfig:
    return configs.make(
        dataset="mnist-sample", model=NET, network={"weights": "imagenet"}, tasks=2, steps=1
    )


def test_weights_are_downloaded_once_and_the_progress_is_yielded(file, monkeypatch, capsys):
    name, content, tensors = file
    monkeypatch.setattr(downloads, "PERIOD", 0.02)
    with server({name: content}, pause=0.02) as (address, requests):
        use(monkeypatch, address + name)
        events = list(weights.fetch(NET, "imagenet"))
        assert list(weights.fetch(NET, "imagenet")) == []
        found = weights.load(NET, "imagenet")
        weights._imagenet.cache_clear()
        again = weights.load(NET, "imagenet")
    assert requests == [name] and [f.name for f in (cache_folder() / "weights").iterdir()] == [name]
    assert {(event.what, event.unit, event.total) for event in events} == {
        (f"Downloading the ImageNet weights of {NET}", "B", int(MEGABYTES * 2**20))
    }
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert found.fingerprint == again.fingerprint
    assert (found.stem, found.description) == ("imagenet", f"{NET}, ImageNet")
    assert torch.equal(found.tensors["conv1.0.weight"], tensors["conv1.0.weight"])
    backbone = registry.model(NET)(weights="imagenet").frozen_backbone("fp32")
    assert torch.equal(backbone.network.conv1[0].weight, tensors["conv1.0.weight"])
    assert backbone.info.stem == "imagenet" and capsys.readouterr().out == ""


def test_weights_that_nobody_fetched_are_downloaded_behind_a_bar(file, monkeypatch, capsys):
    name, content, _ = file
    monkeypatch.setattr(progress, "DELAY", 0.0)
    with server({name: content}) as (address, _requests):
        use(monkeypatch, address + name)
        assert weights.load(NET, "imagenet").stem == "imagenet"
    out, err = capsys.readouterr()
    assert out == "" and f"Downloading the ImageNet weights of {NET}" in err


def test_a_run_yields_the_download_before_its_start(file, monkeypatch):
    name, content, _ = file
    use_images(monkeypatch, toy_dataset(classes=4, train=6, test=2, side=32))
    with server({name: content}) as (address, _requests):
        use(monkeypatch, address + name)
        events = list(experiment.run(run_config()))
    kinds = [kind for kind, _ in itertools.groupby(type(event) for event in events)]
    assert kinds[:3] == [Loading, ExtractingFeatures, Started]


@pytest.mark.parametrize("trouble", ["wrong checksum", "cut off", "not there", "no server"])
def test_a_download_that_fails_is_one_sentence_and_is_tried_again(file, monkeypatch, trouble):
    name, content, _ = file
    served = {"wrong checksum": {name: content[:-1] + b"x"}, "not there": {}}.get(
        trouble, {name: content}
    )
    with server(served, cut=0.5 if trouble == "cut off" else 1.0) as (address, _requests):
        use(monkeypatch, ("http://127.0.0.1:9/" if trouble == "no server" else address) + name)
        assert refused() == (
            f"The ImageNet weights of {NET} are not on this machine and could not be downloaded; "
            "connect to the internet once, or choose the weights shipped, none or a file."
        )
    assert list((cache_folder() / "weights").iterdir()) == [], "no part of it is left"
    with server({name: content}) as (address, _requests):
        use(monkeypatch, address + name)
        assert weights.load(NET, "imagenet").description == f"{NET}, ImageNet"


@pytest.fixture(params=["cut off", "empty", "a program"])
def trap(request, file, tmp_path) -> Path:
    """Damages the weights on this machine; returns the file that one of them makes if it is run."""
    name, content, _ = file
    trap = tmp_path / "sprung"
    damaged = cache_folder() / "weights" / name
    damaged.parent.mkdir(parents=True)
    contents = {
        "cut off": content[:1000],
        "empty": b"",
        "a program": pickle.dumps(Harmful(trap), protocol=2),
    }
    damaged.write_bytes(contents[request.param])
    return trap


def test_a_file_that_was_damaged_later_is_downloaded_again_and_runs_nothing(
    file, trap, monkeypatch
):
    name, content, tensors = file
    with server({name: content}) as (address, requests):
        use(monkeypatch, address + name)
        found = weights.load(NET, "imagenet")
    assert requests == [name] and not trap.exists()
    assert torch.equal(found.tensors["conv1.0.weight"], tensors["conv1.0.weight"])


@pytest.mark.parametrize("offline", [True, False])
def test_a_damaged_file_that_cannot_be_replaced_is_one_sentence_and_runs_nothing(
    file, trap, monkeypatch, offline
):
    if offline:
        monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    use(monkeypatch, "http://127.0.0.1:9/" + file[0])
    assert refused() == (
        f"The ImageNet weights of {NET} on this machine are damaged and could not be downloaded; "
        "connect to the internet once, or choose the weights shipped, none or a file."
    )
    assert not trap.exists()


def test_offline_no_server_is_asked(file, monkeypatch):
    name, content, _ = file
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    with server({name: content}) as (address, requests):
        use(monkeypatch, address + name)
        assert "are not on this machine and could not be downloaded" in refused()
    assert requests == []


def test_the_address_of_every_network_of_torchvision_names_its_checksum():
    for architecture in models.list_models(module=models):
        checksum = weights._checksum(models.get_model_weights(architecture).DEFAULT.url)
        assert re.fullmatch("sha256:[0-9a-f]{8,}", checksum), architecture

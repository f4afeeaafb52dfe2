"""Laws of the download of ImageNet weights, from a local server."""

import hashlib
import io
import os
import pickle
import time

import pytest
import torch

from lifelong import api, registry
from lifelong import config as configs
from lifelong.errors import LifelongError
from lifelong.models.parts import backbone, weights
from lifelong.numerics.torchvision_import import models
from lifelong.storage.downloads import cache_folder
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
    model = backbone.Backbone(NET, "imagenet", 0, "fp32")
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


def of_a_run() -> configs.RunConfig:
    return configs.make(dataset="mnist-sample", model=NET, network={"weights": "imagenet"})


def test_weights_are_downloaded_once_and_report_their_progress(file, monkeypatch, capsys):
    name, content, tensors = file
    progress, move = [], torch.hub.shutil.move

    def watched(*paths: str) -> None:
        progress.append(api.arriving(of_a_run()))
        move(*paths)

    monkeypatch.setattr(torch.hub.shutil, "move", watched)
    with server({name: content}) as (address, requests):
        use(monkeypatch, address + name)
        assert api.arriving(of_a_run()) is None
        found = weights.load(NET, "imagenet")
        weights._imagenet.cache_clear()
        again = weights.load(NET, "imagenet")
    assert requests == [name] and [f.name for f in (cache_folder() / "weights").iterdir()] == [name]
    assert (
        progress == [(f"the weights of {NET}", len(content), int(MEGABYTES * 2**20))]
        and api.arriving(of_a_run()) is None
    )
    assert (
        found.fingerprint == again.fingerprint
        and found.stem == "imagenet"
        and found.description == f"{NET}, ImageNet"
    )
    assert torch.equal(found.tensors["conv1.0.weight"], tensors["conv1.0.weight"])
    model = registry.model(NET)(weights="imagenet").frozen_backbone("fp32")
    assert (
        torch.equal(model.network.conv1[0].weight, tensors["conv1.0.weight"])
        and model.stem == "imagenet"
    )
    out, err = capsys.readouterr()
    assert out == "" and "%" in err, "a progress bar, and standard output belongs to --json"


@pytest.mark.parametrize("trouble", ["wrong checksum", "cut off", "not there", "no server"])
def test_a_download_that_fails_is_one_sentence_and_is_tried_again(file, monkeypatch, trouble):
    name, content, _ = file
    served = {"wrong checksum": {name: content[:-1] + b"x"}, "not there": {}}.get(
        trouble, {name: content}
    )
    with server(served, cut=0.5 if trouble == "cut off" else 1.0) as (address, _asked):
        use(monkeypatch, ("http://127.0.0.1:9/" if trouble == "no server" else address) + name)
        assert refused() == (
            f"The ImageNet weights of {NET} are not on this machine and could not be downloaded; "
            "connect to the internet once, or choose the weights shipped, none or a file."
        )
    assert list((cache_folder() / "weights").iterdir()) == [], "nothing half-loaded is left"
    with server({name: content}) as (address, _asked):
        use(monkeypatch, address + name)
        assert weights.load(NET, "imagenet").description == f"{NET}, ImageNet"


@pytest.mark.parametrize("kind", ["cut off", "empty", "a program"])
def test_a_damaged_weights_file_is_one_sentence_and_runs_no_code(file, monkeypatch, tmp_path, kind):
    name, content, _ = file
    trap = tmp_path / "sprung"
    damaged = cache_folder() / "weights" / name
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(
        {
            "cut off": content[:1000],
            "empty": b"",
            "a program": pickle.dumps(Harmful(trap), protocol=2),
        }[kind]
    )
    use(monkeypatch, "http://127.0.0.1:9/" + name)
    assert (
        refused()
        == f"The ImageNet weights of {NET} on this machine are damaged; delete {name} in the "
        "download folder."
    )
    assert not trap.exists()


def test_files_of_an_earlier_download_are_not_mistaken_for_a_running_one(file, monkeypatch):
    name, content, _ = file
    use(monkeypatch, "http://127.0.0.1:9/" + name)
    folder = cache_folder() / "weights"
    folder.mkdir(parents=True)
    for left, age in ((f"{name}.1.partial", 3600), ("another.pth.2.partial", 0)):
        (folder / left).write_bytes(content[:500])
        os.utime(folder / left, (time.time() - age,) * 2)
    assert api.arriving(of_a_run()) is None
    (folder / f"{name}.3.partial").write_bytes(content[:700])
    assert api.arriving(of_a_run()) == (f"the weights of {NET}", 700, int(MEGABYTES * 2**20))
    shipped = configs.make(dataset="mnist-sample", model="resnet50")
    assert api.arriving(shipped) is api.arriving(configs.make(dataset="mnist-sample")) is None

"""Laws of the tables of Split CIFAR-10 on a frozen backbone."""

import hashlib
import io
import json

import pytest
import torch
from click.testing import CliRunner

from benchmarks import split_cifar10, tables
from lifelong.models.parts import backbone, weights
from lifelong.models.parts.backbone_info import BackboneInfo
from lifelong.training import setup
from tests.helpers import toy_dataset, use_images
from tests.models.test_weights import use
from tests.sample_files import go_online, server


@pytest.fixture
def stand_in() -> tuple[str, bytes]:
    """Name and content of a file of weights as torchvision's of ResNet-50, drawn at random."""
    drawn = backbone.TorchvisionBackbone(BackboneInfo("resnet50", "imagenet"))
    drawn.initialise(torch.Generator().manual_seed(3))
    out = io.BytesIO()
    torch.save(drawn.network.state_dict(), out)
    return f"resnet50-{hashlib.sha256(out.getvalue()).hexdigest()[:8]}.pth", out.getvalue()


def test_a_table_on_imagenet_weights_is_made_by_one_command(stand_in, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "cache"))
    go_online(monkeypatch)
    use_images(monkeypatch, toy_dataset(train=6, test=2, side=32))
    for cached in (weights._imagenet, setup._frozen_backbone):
        cached.cache_clear()
    name, content = stand_in
    options = "--weights imagenet --side 48 --strategies ncm --scenarios class --seeds 0"
    with server({name: content}) as (address, requests):
        use(monkeypatch, address + name)
        result = CliRunner().invoke(split_cifar10.main, f"{options} --processes 1".split())
    assert result.exit_code == 0, result.output
    assert requests == [name] and "resnet50, ImageNet" in result.output
    (row,) = json.loads((tmp_path / "split_cifar10_imagenet.json").read_text())
    assert (row["strategy"], row["n"], row["backbone"]) == ("ncm", 1, "resnet50, ImageNet")
    assert row["mean"] > 10 and row["ceiling"] > 10
    weights._imagenet.cache_clear()

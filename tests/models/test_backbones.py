"""Laws of deep networks: torchvision's without the last layer, their weights, frozen or trained."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lifelong import config as configs
from lifelong import registry
from lifelong.data import augmentation
from lifelong.data.examples import Dataset
from lifelong.errors import LifelongError
from lifelong.events import TaskLearned
from lifelong.models.parts import weights
from lifelong.models.parts.backbone import TorchvisionBackbone
from lifelong.models.parts.backbone_info import BackboneInfo
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.storage import tensor_files
from lifelong.training import setup
from lifelong.training.experiment import Experiment
from tests.helpers import (
    config,
    learn,
    learned_run,
    prepared,
    run_all,
    same,
    stop_after,
    toy_dataset,
    use_images,
)

NET = "squeezenet1_0"
SMALL = {"model": "resnet18", "network": {"weights": "none", "units": 8}}
# Of a seventh of the weights, where bits do not matter: in bf16 the gradients of depthwise
# convolutions may differ from one run to the next.
SMALLER = {
    "model": "mobilenet_v3_small",
    "network": {"weights": "none", "units": 8, "tune": "whole"},
}
# Of a fiftieth of the weights; in fp32 they have the same bits each time.
SMALLEST = {"model": "shufflenet_v2_x0_5", "precision": "fp32"}


@pytest.fixture
def pictures(monkeypatch) -> Dataset:
    """Colour images of 16 x 16 pixels, small enough for a deep network."""
    grey = toy_dataset(classes=4, train=12, test=4, side=16)
    colour = Dataset(
        "made-up",
        "Made up",
        "made-up patterns",
        grey.classes,
        grey.train_images.expand(-1, 3, -1, -1).contiguous(),
        grey.train_labels,
        grey.test_images.expand(-1, 3, -1, -1).contiguous(),
        grey.test_labels,
    )
    use_images(monkeypatch, colour)
    return colour


def deep(strategy: str = "finetune", scenario: str = "class", **given) -> configs.RunConfig:
    return config(strategy, scenario, tasks=2, steps=2, **{**SMALL, **given})


def build_backbone(
    architecture: str = "resnet18", stem: str = "small", **given
) -> TorchvisionBackbone:
    backbone = TorchvisionBackbone(BackboneInfo(architecture, stem, **given))
    backbone.initialise(torch.Generator().manual_seed(0))
    return backbone


@pytest.mark.parametrize(
    ("architecture", "stem", "width"),
    [
        ("resnet18", "imagenet", 512),
        ("resnet18", "small", 512),
        ("resnet18", "small without pooling", 512),
        ("mobilenet_v3_small", "imagenet", 1024),
        ("shufflenet_v2_x0_5", "imagenet", 1024),
        ("efficientnet_b0", "imagenet", 1280),
    ],
)
def test_a_network_without_its_last_layer_answers_with_its_features(architecture, stem, width):
    backbone = build_backbone(architecture, stem)
    features = backbone(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
    assert features.shape == (2, width) == (2, backbone.width) and features.isfinite().all()


def test_resnet_50_has_the_papers_parameters_without_the_last_layer():
    backbone = build_backbone("resnet50", "imagenet")
    assert sum(p.numel() for p in backbone.parameters()) == 23_508_032 and backbone.width == 2048


def test_a_grey_image_has_the_features_of_its_rgb_copy():
    backbone, grey = build_backbone(), torch.randint(0, 256, (2, 1, 16, 16), dtype=torch.uint8)
    torch.testing.assert_close(backbone(grey), backbone(grey.expand(-1, 3, -1, -1)))


def test_images_are_resized_to_the_side_of_the_backbone():
    backbone = build_backbone(side=24)
    assert backbone.normalised(torch.zeros(2, 3, 16, 16, dtype=torch.uint8)).shape == (2, 3, 24, 24)


def test_random_weights_depend_only_on_the_generator():
    backbone, again = build_backbone(), build_backbone()
    ours, theirs = backbone.network.state_dict(), again.network.state_dict()
    assert same(ours, theirs)
    backbone.initialise(torch.Generator().manual_seed(1))
    assert not torch.equal(backbone.network.conv1.weight, theirs["conv1.weight"])


@pytest.mark.parametrize(
    ("model", "network", "says"),
    [
        ("resnet81", {}, "There is no model 'resnet81'; did you mean 'resnet18'?"),
        (
            "resnet18",
            {"weights": "mine.pth"},
            "The weights were given as 'mine.pth', but there is no such file",
        ),
        ("resnet18", {"weights": "shipped"}, "No backbone ships with the project for resnet18"),
        (
            "resnet18",
            {"weights": "imagenet"},
            "The ImageNet weights of resnet18 are not on this machine",
        ),
        (
            "mobilenet_v3_small",
            {"weights": "none", "stem": "small"},
            "The stem 'small' was asked for, but mobilenet_v3_small has no such stem",
        ),
        (NET, {"weights": "none"}, f"{NET} was asked for, but does not end in one linear layer"),
        (
            "resnet18",
            {"tune": "some"},
            "tune was given as some; resnet18 expects one of head, whole.",
        ),
        ("mlp", {"units": 0}, "units was given as 0; mlp expects a whole number from 1 to 4000."),
        ("mlp", {"stem": "small"}, "There is no setting of mlp 'stem'"),
    ],
)
def test_an_invalid_network_is_one_sentence(pictures, model, network, says):
    with pytest.raises(LifelongError) as error:
        prepared(deep(model=model, network=network))
    assert str(error.value).startswith(says) and str(error.value).count("\n") == 0


def weights_file(folder, change=None, **about):
    backbone = build_backbone()
    tensors = {
        name: t.contiguous()
        for name, t in backbone.network.state_dict().items()
        if t.is_floating_point()
    }
    file = folder / "mine.safetensors"
    save_file(
        change(tensors) if change else tensors, file, {"stem": "small", "words": "mine", **about}
    )
    return file, backbone


def test_weights_of_a_file_are_loaded_with_their_stem_and_have_a_fingerprint(tmp_path):
    file, backbone = weights_file(tmp_path)
    taken = registry.model("resnet18")(weights=str(file)).frozen_backbone("fp32")
    images = torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8)
    taken.initialise(torch.Generator().manual_seed(9))  # goes back to the weights, not to others
    torch.testing.assert_close(taken(images), backbone(images))
    other = weights_file(tmp_path, lambda t: t | {"bn1.bias": t["bn1.bias"] + 1})[0]
    assert (
        taken.info.fingerprint
        != registry.model("resnet18")(weights=str(other)).frozen_backbone("fp32").info.fingerprint
    )


def test_networks_that_start_from_one_file_share_its_tensors(tmp_path):
    file = str(weights_file(tmp_path)[0])
    first, second = (
        registry.model("resnet18")(weights=file).frozen_backbone("fp32") for _ in range(2)
    )
    assert first.start["conv1.weight"] is second.start["conv1.weight"]
    assert first.network.conv1.weight.data_ptr() != second.network.conv1.weight.data_ptr()


def test_a_backbone_that_ships_goes_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    monkeypatch.setattr(weights.project, "backbone_names", lambda: frozenset({"mine"}))
    with pytest.raises(LifelongError, match=r"The backbone mine is missing; restore .+/mine\."):
        weights.load("resnet18", "mine")
    file, _ = weights_file(tmp_path)
    (tmp_path / "mine.safetensors").write_bytes(file.read_bytes())
    assert weights.load("resnet18", "mine").fingerprint == (
        weights.load("resnet18", str(file)).fingerprint
    )
    with pytest.raises(LifelongError, match="no such file; give imagenet, shipped"):
        weights.load("resnet18", "yours")


def test_the_fingerprint_of_a_file_is_computed_once_for_each_version_of_it(tmp_path, monkeypatch):
    file = str(weights_file(tmp_path)[0])
    first = weights.load("resnet18", file).fingerprint
    weights._from_file.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(tensor_files, "read", lambda _file: pytest.fail("the file was read"))
        assert weights.load("resnet18", file).fingerprint == first
    weights_file(tmp_path, lambda t: t | {"bn1.bias": t["bn1.bias"] + 1})
    assert weights.load("resnet18", file).fingerprint != first


@pytest.mark.parametrize(
    ("name", "sources"),
    [("resnet50", ("shipped", "imagenet", "none")), ("resnet18", ("imagenet", "none"))],
)
def test_a_form_offers_the_weights_that_can_be_had(name, sources):
    (offered,) = [s for s in registry.model(name).form_settings() if s.name == "weights"]
    assert offered.options == sources and offered.default == sources[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda t: {n: v for n, v in t.items() if n != "bn1.bias"},
            "The weights mine have no bn1.bias; they are not those of resnet18.",
        ),
        (
            lambda t: t | {"bn1.bias": torch.zeros(3)},
            r"In the weights mine bn1.bias is (3,), not (64,); use them with the stem 'small'.",
        ),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, change, says):
    with pytest.raises(LifelongError) as error:
        registry.model("resnet18")(weights=str(weights_file(tmp_path, change)[0])).frozen_backbone(
            "fp32"
        )
    assert str(error.value) == says


def test_a_pickle_of_weights_is_not_opened(tmp_path):
    (tmp_path / "mine.pth").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(LifelongError, match="only .safetensors files are read"):
        weights.load("resnet18", str(tmp_path / "mine.pth"))


def test_crops_and_flips_only_move_pixels_and_depend_only_on_the_generator():
    images = (
        torch.arange(1, 257, dtype=torch.int16)
        .clamp(max=255)
        .to(torch.uint8)
        .view(1, 1, 16, 16)
        .expand(64, 3, -1, -1)
    )
    changed, again = (
        augmentation.crop_and_flip(images, torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert (
        changed.shape == images.shape
        and changed.dtype == torch.uint8
        and torch.equal(changed, again)
    )
    rows = {tuple(row.tolist()) for row in images[0, 0]}
    # At most two pixels at the border are padding.
    inner = changed[:, 0, 2:14, 2:14].flatten(0, 1)
    whole_rows = [any(set(row.tolist()) <= set(own) for own in rows) for row in inner]
    assert all(whole_rows) and len({tuple(image.flatten().tolist()) for image in changed}) > 20
    assert augmentation.crop_and_flip(images, torch.Generator(), side=12).shape == (64, 3, 12, 12)


def test_a_fully_trained_backbone_resumes_to_the_same_bits(pictures):
    run_config = deep("replay", **SMALLEST, network=SMALLER["network"])
    never = learned_run(run_config)
    stopped = run_store.create(run_config, never.with_name("stopped"))
    learn(stopped, stop=stop_after(1))
    learn(stopped, stop=stop_after(2))
    learn(stopped)
    for k in (0, 1):
        ours, theirs = (
            tensor_files.read(checkpoints.inference_file(folder, k))[0]
            for folder in (stopped, never)
        )
        assert same(ours, theirs)
    assert any("running_mean" in name for name in ours)


def test_batch_norm_updates_its_statistics_only_in_training_steps(pictures):
    experiment, _ = run_all(deep(network={"weights": "none", "units": 8, "tune": "whole"}))
    body = experiment.strategy.network.body
    before = {name: t.clone() for name, t in body.named_buffers()}
    experiment.strategy.scores(pictures.test_images)
    assert not body.training and same(before, dict(body.named_buffers()))
    assert int(body.network.bn1.num_batches_tracked) == 4


@pytest.mark.parametrize("strategy", ["ewc", "lwf", "derpp", "agem", "si", "slda"])
def test_strategies_run_on_a_fully_trained_backbone(pictures, monkeypatch, strategy):
    monkeypatch.setattr("lifelong.strategies.parts.importance.SAMPLE", 2)
    _, events = run_all(deep(strategy, **SMALLER))
    assert len([e for e in events if isinstance(e, TaskLearned)]) == 2


def test_a_stored_run_predicts_as_in_training(pictures):
    from lifelong.inference import predict

    for network in (
        {"weights": "none", "units": 8},
        {"weights": "none", "units": 8, "tune": "whole"},
    ):
        run_config = deep(**SMALLEST, network=network)
        folder = learned_run(run_config)
        experiment = prepared(run_config)
        list(experiment.events())
        frozen = setup.frozen_backbone_of(run_config)
        image = pictures.test_images[3]
        (last,) = predict.classify(folder, image.numpy())[1:]
        network_input = (
            image[None]
            if frozen is None
            else experiment.strategy.network.body.encode(frozen(image[None]))
        )
        expected = experiment.strategy.scores(network_input).detach().softmax(1).max()
        assert last.top[0][1] == pytest.approx(float(expected), abs=1e-3)
        assert np.asarray(image).shape == run_store.history(folder).started.shape


def test_a_fully_trained_backbone_is_timed_without_changing_its_state(pictures):
    experiment = Experiment(deep(network={"weights": "none", "units": 8, "tune": "whole"}))
    before = {name: t.clone() for name, t in experiment.state_dict().items()}
    started = next(experiment.events())
    assert started.estimate > 0 and same(before, experiment.state_dict())
    assert next(prepared(deep(network={"weights": "none", "units": 8})).events()).estimate is None

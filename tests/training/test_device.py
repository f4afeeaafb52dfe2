"""Laws of devices: training on a GPU gives the results of the CPU for every strategy."""

import sys
from types import SimpleNamespace

import pytest
import torch

from lifelong.cli import commands
from lifelong.errors import LifelongError
from lifelong.events import Step, TaskLearned
from lifelong.inference import predict
from lifelong.models.parts import feature_cache
from lifelong.models.parts.backbone import TorchvisionBackbone
from lifelong.numerics import hardware
from lifelong.runs import store as run_store
from lifelong.strategies.base import Strategy
from lifelong.training import setup
from tests.fake_gpu import KNOWN_WARNING, OnGpu, machine_with_gpu
from tests.helpers import (
    config,
    learn,
    learned_run,
    one_pair_each,
    run_all,
    stop_after,
    toy_dataset,
    use_images,
)

pytestmark = pytest.mark.filterwarnings(KNOWN_WARNING)
WHOLE = {
    "model": "mobilenet_v3_small",
    "network": {"weights": "none", "units": 8, "tune": "whole"},
    "tasks": 2,
    "steps": 2,
    "precision": "fp32",
}
FROZEN = WHOLE | {"network": {"weights": "none", "units": 8}}


@pytest.fixture
def pictures(monkeypatch):
    dataset = toy_dataset(classes=4, train=12, test=4, side=16)
    use_images(monkeypatch, dataset)
    return dataset


def accuracies(events) -> list[list[float]]:
    """Returns the accuracies after each task: with and without its label, and of the next task."""
    return [
        [*event.accuracy, *event.accuracy_given_task, event.next_task_accuracy or 0.0]
        for event in events
        if isinstance(event, TaskLearned)
    ]


def assert_near(there: dict, here: dict) -> None:
    """Checks that two states have the same names and similar tensors, relative to their norm.

    Adam amplifies the last bits of a gradient, and so does a choice between equally typical images:
    averages and replay buffers may differ by more than the network.
    """
    assert there.keys() == here.keys()
    for name, tensor in here.items():
        difference = torch.dist(
            there[name].cpu().double(), tensor.double()
        ) / tensor.double().norm().clamp(min=1)
        assert difference < (0.02 if name.startswith("network") else 0.4), (
            f"{name}: {float(difference):.3f} apart"
        )


def assert_same_on_gpu(run_config, tolerance: float = 0) -> None:
    """Trains on the CPU and on the stand-in and compares weights, states and accuracies."""
    # With `auto`, each device would choose the precision in which it is fast.
    run_config = run_config.model_copy(update={"precision": "fp32"})
    here, events = run_all(run_config)
    with machine_with_gpu():
        there, also = run_all(run_config)
        state = there.state_dict()
        assert isinstance(state["network.flat"], OnGpu)
        assert_near(state, here.state_dict())
    for ours, theirs in zip(accuracies(also), accuracies(events), strict=True):
        assert ours == pytest.approx(theirs, abs=tolerance)


@pytest.mark.parametrize(("strategy", "scenario"), one_pair_each())
def test_every_strategy_learns_the_same_on_a_gpu_and_on_the_cpu(strategy, scenario):
    assert_same_on_gpu(config(strategy, scenario, tasks=2, steps=4))


@pytest.mark.parametrize(
    ("strategy", "settings"),
    [
        *(("ewc", {"estimator": estimate}) for estimate in ("sampled", "true-label", "batch")),
        *(("replay", {"policy": policy, "per_class": 3}) for policy in ("herding", "reservoir")),
        ("icarl", {"policy": "random"}),
    ],
)
def test_settings_learn_the_same_on_a_gpu_and_on_the_cpu(strategy, settings):
    assert_same_on_gpu(config(strategy, settings=settings, tasks=2, steps=4))


@pytest.mark.parametrize("strategy", ["derpp", "augmented-replay"])
def test_a_fully_trained_backbone_learns_the_same_on_a_gpu_and_on_the_cpu(pictures, strategy):
    one_image = 1 / 8  # of the test images of a task: convolutions round by the kernel chosen
    assert_same_on_gpu(config(strategy, **WHOLE), tolerance=one_image)


def test_the_first_gradient_is_the_same_on_a_gpu_and_on_the_cpu(pictures):
    run_config = config(**WHOLE | {"steps": 1, "tasks": 1})
    here = run_all(run_config)[0].strategy.network.flat_gradient
    with machine_with_gpu():
        there = run_all(run_config)[0].strategy.network.flat_gradient.cpu()
    assert torch.dist(there, here) < 1e-3 * here.norm()


@pytest.mark.parametrize("strategy", ["derpp", "generative-classifier", "separate", "bi-r"])
def test_a_run_of_a_gpu_resumes_there_and_predicts_on_the_cpu(strategy):
    scenario = "task" if strategy == "separate" else "class"
    run_config = config(strategy, scenario, precision="fp32")
    here = learned_run(run_config)
    with machine_with_gpu():
        there = learned_run(run_config, stop=stop_after(10))
        learn(there)
    assert accuracies(run_store.history(there).events) == accuracies(run_store.history(here).events)
    ours, theirs = (predict.load(folder, 2) for folder in (there, here))
    assert type(ours.network.flat) is torch.Tensor
    assert_near(ours.inference_state_dict(), theirs.inference_state_dict())


def test_features_are_extracted_on_a_gpu_and_the_backbone_returns_to_the_cpu(pictures, monkeypatch):
    backbone = setup.frozen_backbone_of(config(**FROZEN))
    here = torch.cat(
        [part for _start, part, _limit in feature_cache.extract(backbone, pictures.test_images)]
    )
    types = []
    monkeypatch.setattr(
        TorchvisionBackbone,
        "_features",
        lambda self, images, own=TorchvisionBackbone._features: (
            types.append(type(images)) or own(self, images)
        ),
    )
    with machine_with_gpu():
        there = torch.cat(
            [part for _start, part, _limit in feature_cache.extract(backbone, pictures.test_images)]
        )
    assert set(types) == {OnGpu} and type(there) is torch.Tensor
    torch.testing.assert_close(there, here)
    assert backbone.device.type == "cpu"
    torch.testing.assert_close(backbone(pictures.test_images).detach(), here)


@pytest.mark.parametrize(
    ("available", "requested", "deep", "expected"),
    [
        (True, "auto", True, "cuda"),
        (True, "auto", False, "cpu"),
        (True, "cpu", True, "cpu"),
        (True, "cuda", False, "cuda"),
        (False, "auto", True, "cpu"),
        (False, "cpu", True, "cpu"),
    ],
)
def test_a_gpu_is_used_for_deep_networks_or_on_request(
    available, requested, deep, expected, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert hardware.device(requested, deep) == expected


def test_a_missing_gpu_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    arguments = ["train", "--dataset", "mnist-sample", "--device", "cuda"]
    monkeypatch.setattr(sys, "argv", ["lifelong", *arguments])
    assert commands.main() == 2
    out, err = capsys.readouterr()
    assert out == "" and err.strip().splitlines() == [
        "device was given as cuda, but torch finds no graphics card here; choose cpu, or "
        "auto to use one where there is one."
    ]


@pytest.mark.parametrize("knows", [True, False])
def test_a_gpu_computes_in_bf16_if_it_supports_it(knows, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: knows)
    assert hardware.precision("auto", "cuda") == ("bf16" if knows else "fp32")
    assert hardware.precision("fp32", "cuda") == "fp32"


@pytest.fixture
def memory(monkeypatch) -> SimpleNamespace:
    """Memory of a device: the largest batch that fits, and the batch sizes tried so far."""
    memory, step = SimpleNamespace(limit=10, tried=[]), Strategy.step

    def limited_step(self, task, batch):
        memory.tried.append(len(batch.labels))
        if len(batch.labels) > memory.limit:
            raise torch.OutOfMemoryError
        return step(self, task, batch)

    monkeypatch.setattr(Strategy, "step", limited_step)
    return memory


def test_running_out_of_memory_halves_the_batch_and_is_recorded(memory):
    _, events = run_all(config("replay", tasks=2))
    assert memory.tried[:5] == [120, 60, 30, 15, 7] and set(memory.tried[5:]) == {7}
    assert {event.batch_limit for event in events if isinstance(event, Step)} == {7}


def test_a_memory_too_small_for_one_image_is_one_sentence(memory):
    memory.limit = 0
    with pytest.raises(LifelongError, match="does not hold one image"):
        run_all(config())


def test_a_single_pass_strategy_with_a_batch_limit_still_sees_every_image_once(monkeypatch):
    indices = []
    kind = type(run_all(config("ncm", tasks=1))[0].strategy)
    step = kind.step

    def small_memory(self, task, batch):
        if len(batch.labels) > 2:
            raise torch.OutOfMemoryError
        indices.extend(batch.indices.tolist())
        return step(self, task, batch)

    monkeypatch.setattr(kind, "step", small_memory)
    run_all(config("ncm", tasks=1))
    assert sorted(indices) == list(range(240))

"""Laws of runs in memory: precision, bytes stored, and memory released at the end."""

import gc
import weakref

import pytest
import torch

from lifelong.numerics import hardware
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all


@pytest.mark.skipif(
    hardware.precision("auto") == "fp32", reason="a processor without bf16 computes in fp32 alike"
)
def test_bf16_is_as_accurate_as_fp32_but_not_identical():
    full, half = (run_all(config("replay", precision=p, steps=60)) for p in ("fp32", "bf16"))
    assert not torch.equal(full[0].strategy.network.flat, half[0].strategy.network.flat)
    means = [sum(events[-2].accuracy) / 3 for _, events in (full, half)]
    assert means[1] == pytest.approx(means[0], abs=0.1)


def test_the_images_stored_by_joint_and_cumulative_training_are_counted():
    stored = {
        name: [e.stored for e in run_all(config(name))[1] if e.event == "task_learned"]
        for name in ("joint", "cumulative", "finetune", "replay")
    }
    all_images = 240 * (36 + 16)
    assert stored["joint"] == [{"images": all_images}] * 3
    assert [s["images"] for s in stored["cumulative"]] == [96 * 52, 168 * 52, all_images]
    assert stored["finetune"] == [{}] * 3
    # 24 images of each class are all there are
    assert [s["images"] for s in stored["replay"]] == [96 * 52, 168 * 52, all_images]


@pytest.mark.parametrize("strategy", ["finetune", "joint", "dgr", "augmented-replay"])
def test_a_finished_run_releases_its_memory_at_once(strategy):
    """A cycle of references would keep images until the garbage collector runs."""
    gc.disable()
    try:
        experiment, _ = run_all(config(strategy))
        references = [
            weakref.ref(experiment.tasks[0].train),
            weakref.ref(experiment.strategy),
            weakref.ref(experiment.strategy.network),
        ]
        del experiment
        assert [reference() for reference in references] == [None] * 3
    finally:
        gc.enable()


def test_a_run_computes_with_the_threads_of_its_model_and_leaves_those_of_the_process():
    within = set()

    def stop() -> bool:
        within.add(torch.get_num_threads())
        return False

    with hardware.threads(2):
        experiment = Experiment(config(), stop=stop)
        assert torch.get_num_threads() == 2
        for _event in experiment.events():
            assert torch.get_num_threads() == 2
        for _step in Experiment(config()).train(experiment.tasks[0]):
            assert torch.get_num_threads() == 2
    assert within == {experiment.model.threads} == {1}

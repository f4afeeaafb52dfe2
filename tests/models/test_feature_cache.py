"""Features of a frozen backbone: extracted once, cached, mapped from disk by every later run."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from lifelong.data import examples
from lifelong.data.examples import Dataset
from lifelong.errors import LifelongError
from lifelong.events import ExtractingFeatures, Loading, Preparation, Started, Stopped, TaskLearned
from lifelong.models.parts import feature_cache
from lifelong.models.parts.backbone import TorchvisionBackbone
from lifelong.models.parts.feature_cache import FeatureSet
from lifelong.runs import store as run_store
from lifelong.storage.progress import result_of
from lifelong.training import experiment, setup
from lifelong.transfer import config as study_config
from lifelong.transfer import store as study_store
from lifelong.transfer.config import StudyConfig
from lifelong.transfer.events import Began, StudyStopped
from tests.helpers import (
    ROOT,
    config,
    is_mapped,
    learn,
    learned_run,
    pairs,
    run_all,
    toy_dataset,
    use_images,
)
from tests.runs.helpers import full

MODEL = {"model": "shufflenet_v2_x0_5", "network": {"weights": "none", "units": 8}}
pytestmark = pytest.mark.usefixtures("images")


@pytest.fixture
def images(monkeypatch):
    dataset = toy_dataset(classes=4, train=12, test=4, side=16)
    use_images(monkeypatch, dataset)
    monkeypatch.setitem(feature_cache.PORTION, "cpu", 20)
    return dataset


@pytest.fixture(scope="module")
def one_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture
def shared_features(one_cache, monkeypatch):
    """Features that are extracted once for all tests that use this."""
    monkeypatch.setenv("LIFELONG_CACHE", str(one_cache))


def backbone(**given) -> TorchvisionBackbone:
    return setup.frozen_backbone_of(config(**{**MODEL, **given}))


def preparing(dataset: Dataset, **given) -> Iterator[Preparation]:
    run_config = config(**{**MODEL, **given})
    build = partial(setup.frozen_backbone_of, run_config)
    return feature_cache.prepare(setup.backbone_info_of(run_config), build, dataset)


def extracted(dataset: Dataset, **given) -> FeatureSet:
    return result_of(preparing(dataset, **given))


def feature_file(dataset: Dataset, **given) -> Path:
    return feature_cache._file(setup.backbone_info_of(config(**{**MODEL, **given})), dataset)


def feature_files() -> list[Path]:
    return sorted(feature_cache.folder().glob("*.safetensors"))


def test_features_are_bytes_that_stand_for_the_backbones_outputs(images):
    # In bf16 the last bits of an output depend on the other images of its portion.
    exact = backbone(precision="fp32")
    features = extracted(images, precision="fp32")
    train = features.dataset.train_images
    assert train.dtype == torch.uint8 and train.shape == (48, 1024, 1, 1)
    outputs, values = exact(images.test_images), features.dataset.test_images.flatten(1)
    step = (features.high - features.low) / 255
    within = (outputs >= features.low) & (outputs <= features.high)
    near = (outputs - features.low - step * values).abs() <= 0.51 * step + 1e-5
    assert near[within].all() and within.float().mean() > 0.8
    assert torch.equal(features.dataset.test_labels, images.test_labels)


def test_they_are_extracted_once_and_the_progress_is_yielded(images):
    events = list(preparing(images))
    # The 48 training images set the ranges first, then go through again with the 16 test images.
    assert [event.done for event in events] == [0, 20, 40, 48, 68, 88, 96, 112]
    assert {event.total for event in events} == {112}
    seconds = [event.seconds for event in events]
    assert seconds == sorted(seconds)
    assert list(preparing(images)) == []


def test_other_images_weights_and_sides_have_features_of_their_own(images):
    files = {
        feature_file(dataset, seed=seed)
        for seed in (0, 1)
        for dataset in (images, toy_dataset(classes=4, train=12, test=4, side=16, seed=1))
    }
    larger = feature_file(images, network={"weights": "none", "side": 24})
    assert len(files | {larger}) == 5


def test_an_experiment_never_extracts_in_silence(images):
    made = config(tasks=2, steps=2, **MODEL)
    with pytest.raises(LifelongError, match="asked for before they were extracted"):
        experiment.Experiment(made)
    assert feature_files() == []
    kinds = [type(event) for event in experiment.run(made)]
    assert [kind for kind, _ in itertools.groupby(kinds)][:2] == [ExtractingFeatures, Started]
    assert experiment.Experiment(made).tasks[0].train.images.shape[1:] == (1024, 1, 1)


def test_of_two_threads_that_need_the_same_features_one_extracts(images, monkeypatch):
    counts, forward = [], TorchvisionBackbone.forward
    monkeypatch.setattr(
        TorchvisionBackbone, "forward", lambda self, x: (counts.append(len(x)), forward(self, x))[1]
    )
    found = []
    threads = [threading.Thread(target=lambda: found.append(extracted(images))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(found[0].dataset.train_images, found[1].dataset.train_images)
    assert sum(counts) == 48 + 64  # once to find the ranges, once for all


def test_who_waits_for_another_process_yields_events_meanwhile(images):
    first, second = (preparing(images) for _ in range(2))
    next(first)
    waiting = [next(second) for _ in range(2)]
    assert all(isinstance(event, Loading) and "another process" in event.what for event in waiting)
    features = result_of(first)
    assert torch.equal(result_of(second).dataset.train_images, features.dataset.train_images)


def test_who_gives_up_lets_the_other_process_extract(images):
    first, second = (preparing(images) for _ in range(2))
    next(first)
    next(second)
    first.close()
    assert len(result_of(second).dataset.train_images) == 48 and len(feature_files()) == 1


TWO_PROCESSES = """
from lifelong.models.parts import feature_cache
from lifelong.training import setup
from tests.helpers import config, toy_dataset
made = config(model="shufflenet_v2_x0_5", network={"weights": "none", "units": 8})
images = toy_dataset(classes=4, train=12, test=4, side=16)
info = setup.backbone_info_of(made)
steps = feature_cache.prepare(info, lambda: setup.frozen_backbone_of(made), images)
kinds = set()
try:
    while True:
        kinds.add(next(steps).event)
except StopIteration as end:
    print("preparing" in kinds, end.value.dataset.train_images.long().sum().item())
"""


def test_of_two_processes_at_once_one_extracts_and_both_have_the_same(images):
    command = [sys.executable, "-c", TWO_PROCESSES]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "ab"
    ]
    answers = sorted(process.communicate(timeout=120)[0].split() for process in processes)
    assert [extracts for extracts, _ in answers] == ["False", "True"]
    assert answers[0][1] == answers[1][1] and len(feature_files()) == 1


def test_a_damaged_file_is_made_anew(images):
    before = extracted(images).dataset.train_images.clone()
    (file,) = feature_files()
    file.write_bytes(file.read_bytes()[:1000])
    assert torch.equal(extracted(images).dataset.train_images, before)


def test_features_of_an_earlier_version_are_found_under_their_former_name(images):
    known = {"model": "resnet18", "precision": "fp32"}
    extracted(images, **known)
    (file,) = feature_files()
    # The name that an earlier version gave to the features of these images and this network.
    file.rename(file.with_name("64b4980d7880a1391b900bea.safetensors"))
    assert list(preparing(images, **known)) == [] and feature_files() == [file]


def test_the_least_recently_used_files_are_deleted(images, monkeypatch):
    monkeypatch.setenv("LIFELONG_FEATURES_GB", str(160_000 / 1e9))  # two of 70 kB
    for seed in (0, 1, 2):
        extracted(images, seed=seed)
    assert set(feature_files()) == {feature_file(images, seed=seed) for seed in (1, 2)}


def test_a_full_disk_costs_the_cache_and_not_the_run(images, monkeypatch):
    monkeypatch.setattr(os, "fsync", full)
    features = extracted(images)
    assert feature_files() == [] and len(features.dataset.train_images) == 48


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="only Linux lists the mappings")
def test_features_are_mapped_from_their_file(images):
    tensor = extracted(images).dataset.train_images
    (file,) = feature_files()
    assert is_mapped(tensor, file)


def test_cached_features_of_images_with_a_known_digest_are_found_without_an_image_or_the_network(
    images, monkeypatch
):
    extracted(images)
    known = Dataset(
        *(getattr(images, name) for name in ("name", "title", "source", "classes")),
        *(images.train_images, images.train_labels, images.test_images, images.test_labels),
        known_digest=images.digest,
    )
    monkeypatch.setattr(examples, "pixel_digest", None)
    monkeypatch.setattr(setup, "frozen_backbone_of", lambda _config: pytest.fail("it was built"))
    assert list(preparing(known)) == []


def test_out_of_memory_halves_the_portion_and_only_one_image_is_too_much(images, monkeypatch):
    forward, tried = TorchvisionBackbone.forward, []

    def small_memory(most):
        def run(self, x):
            tried.append(len(x))
            if len(x) > most:
                raise torch.OutOfMemoryError
            return forward(self, x)

        return run

    monkeypatch.setattr(TorchvisionBackbone, "forward", small_memory(6))
    parts = list(feature_cache.extract(backbone(), images.test_images))
    assert [len(part) for _, part, _ in parts] == [5, 5, 5, 1]
    assert [batch_limit for *_, batch_limit in parts] == [5, 5, 5, 5]
    monkeypatch.setattr(TorchvisionBackbone, "forward", small_memory(0))
    with pytest.raises(LifelongError, match="smaller side"):
        list(feature_cache.extract(backbone(), images.test_images))


@pytest.mark.parametrize(
    ("strategy", "scenario"), [pair for pair in pairs() if pair[1] in ("class", "task")]
)
def test_every_strategy_learns_from_features(strategy, scenario, shared_features):
    _, events = run_all(config(strategy, scenario, tasks=2, steps=2, **MODEL))
    assert len([e for e in events if isinstance(e, TaskLearned)]) == 2


def test_a_run_yields_feature_extraction_first_and_records_only_from_its_start():
    folder = run_store.create(config(tasks=2, steps=2, **MODEL))
    events = learn(folder)
    assert isinstance(events[0], ExtractingFeatures) and isinstance(
        run_store.history(folder).events[0], Started
    )
    assert run_store.history(folder).started.backbone == "drawn 0" and run_store.history(
        folder
    ).started.shape == (1, 16, 16)


def test_a_run_can_be_stopped_during_feature_extraction():
    folder = run_store.create(config(tasks=2, steps=2, **MODEL))
    events = learn(folder, stop=lambda: True)
    assert (
        isinstance(events[-1], Stopped)
        and run_store.state(folder) == "new"
        and run_store.history(folder).events == ()
    )
    learn(folder)
    assert run_store.history(folder).finished


def test_a_run_does_not_resume_with_another_backbone(monkeypatch):
    folder = learned_run(config(tasks=2, steps=2, **MODEL), until=1)
    other = replace(setup.backbone_info_of(config(**MODEL)), fingerprint="another")
    monkeypatch.setattr(setup, "backbone_info_of", lambda _config: other)
    with pytest.raises(LifelongError, match="began with another backbone"):
        learn(folder)


def small_study() -> StudyConfig:
    return study_config.make(dataset="mnist-sample", seeds=1, sizes=(1,), steps=2, **MODEL)


def test_a_study_yields_feature_extraction_first_and_records_only_from_its_start():
    folder = study_store.create(small_study())
    events = list(study_store.learn(folder))
    assert isinstance(events[0], ExtractingFeatures) and isinstance(
        study_store.result(folder).events[0], Began
    )
    assert study_store.result(folder).finished


def test_a_study_can_be_stopped_during_feature_extraction():
    folder = study_store.create(small_study())
    events = list(study_store.learn(folder, stop=lambda: True))
    assert isinstance(events[0], ExtractingFeatures) and isinstance(events[-1], StudyStopped)
    assert study_store.state(folder) == "new" and study_store.result(folder).events == ()

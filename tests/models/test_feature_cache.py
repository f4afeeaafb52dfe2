"""Laws of the feature cache: computed once, restored to the bit, stopped and resumed."""

import threading

import pytest
import torch

from lifelong.errors import LifelongError
from lifelong.events import ExtractingFeatures, Started, Stopped, TaskLearned
from lifelong.models.parts import feature_cache
from lifelong.models.parts.backbone import Backbone
from lifelong.runs import store as run_store
from lifelong.training.experiment import frozen_backbone_of
from lifelong.transfer import config as study_config
from lifelong.transfer import store as study_store
from lifelong.transfer.config import StudyConfig
from lifelong.transfer.events import Began, StudyStopped
from tests.helpers import config, learn, learned_run, pairs, run_all, toy_dataset

MODEL = {"model": "resnet18", "network": {"weights": "none", "units": 8}}
pytestmark = pytest.mark.usefixtures("images")


@pytest.fixture
def images(monkeypatch):
    dataset = toy_dataset(classes=4, train=12, test=4, side=16)
    monkeypatch.setattr("lifelong.training.experiment.load", lambda name: dataset)
    monkeypatch.setattr(feature_cache, "PORTION", 20)
    return dataset


@pytest.fixture(scope="module")
def one_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture
def cached_features(one_cache, monkeypatch):
    """Features that all tests with this fixture share."""
    monkeypatch.setenv("LIFELONG_CACHE", str(one_cache))


def frozen_backbone() -> Backbone:
    return frozen_backbone_of(config(**MODEL))


def test_features_are_quantized_to_bytes_within_half_a_level(images):
    exact = frozen_backbone_of(
        config(**MODEL, precision="fp32")
    )  # in bf16 an answer's last bits depend on what is answered beside it
    features = feature_cache.load_features(exact, images)
    assert (
        features.dataset.train_images.dtype == torch.uint8
        and features.dataset.train_images.shape == (48, 512, 1, 1)
    )
    said, bytes_ = exact(images.test_images), features.dataset.test_images.flatten(1)
    meant = features.low + (features.high - features.low) * bytes_ / 255
    within = (said >= features.low) & (said <= features.high)
    assert ((said - meant).abs() <= 0.51 * (features.high - features.low) / 255 + 1e-5)[
        within
    ].all() and within.float().mean() > 0.8
    assert torch.equal(features.dataset.test_labels, images.test_labels)


def test_features_are_computed_once_and_report_their_progress(images):
    events = list(feature_cache.prepare(frozen_backbone(), images))
    assert [e.done for e in events] == [20, 40, 48, 64] and all(e.total == 64 for e in events)
    assert list(feature_cache.prepare(frozen_backbone(), images)) == []


def test_features_depend_on_images_weights_and_side(images):
    files = {
        feature_cache._file(backbone, data)
        for backbone in (frozen_backbone(), frozen_backbone_of(config(seed=1, **MODEL)))
        for data in (images, toy_dataset(classes=4, train=12, test=4, side=16, seed=1))
    }
    side = frozen_backbone_of(config(model="resnet18", network={"weights": "none", "side": 24}))
    assert len(files | {feature_cache._file(side, images)}) == 5


def test_two_threads_at_once_get_the_same_features_computed_once(images, monkeypatch):
    batches, forward = [], Backbone.forward
    monkeypatch.setattr(
        Backbone, "forward", lambda self, x: (batches.append(len(x)), forward(self, x))[1]
    )
    network, found = frozen_backbone(), []
    both = [
        threading.Thread(target=lambda: found.append(feature_cache.load_features(network, images)))
        for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert torch.equal(found[0].dataset.train_images, found[1].dataset.train_images)
    assert sum(batches) == 48 + 64  # once to find the ranges, once for all


def test_a_damaged_feature_file_is_computed_again(images):
    before = feature_cache.load_features(frozen_backbone(), images).dataset.train_images.clone()
    (file,) = feature_cache.folder().glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:1000])
    assert torch.equal(
        feature_cache.load_features(frozen_backbone(), images).dataset.train_images, before
    )


def test_the_least_recently_used_files_are_deleted(images, monkeypatch):
    monkeypatch.setenv("LIFELONG_FEATURES_GB", str(80_000 / 1e9))  # two of 37 kB
    for seed in (0, 1, 2):
        feature_cache.load_features(frozen_backbone_of(config(seed=seed, **MODEL)), images)
    files = set(feature_cache.folder().glob("*.safetensors"))
    assert files == {
        feature_cache._file(frozen_backbone_of(config(seed=seed, **MODEL)), images)
        for seed in (1, 2)
    }


def test_running_out_of_memory_halves_the_portion_down_to_one_image(images, monkeypatch):
    forward, tried = Backbone.forward, []

    def small_memory(most):
        def run(self, x):
            tried.append(len(x))
            if len(x) > most:
                raise torch.OutOfMemoryError
            return forward(self, x)

        return run

    monkeypatch.setattr(Backbone, "forward", small_memory(6))
    parts = list(feature_cache.extracted(frozen_backbone(), images.test_images))
    assert tried == [16, 10, 5, 5, 5, 1] or [len(p) for _, p, _ in parts] == [5, 5, 5, 1]
    assert [batch_limit for *_, batch_limit in parts] == [5, 5, 5, 5]
    monkeypatch.setattr(Backbone, "forward", small_memory(0))
    with pytest.raises(LifelongError, match="smaller side"):
        list(feature_cache.extracted(frozen_backbone(), images.test_images))


@pytest.mark.parametrize(
    ("strategy", "scenario"), [pair for pair in pairs() if pair[1] in ("class", "task")]
)
def test_every_strategy_learns_from_features(strategy, scenario, cached_features):
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
    monkeypatch.setattr(frozen_backbone(), "fingerprint", "another")
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

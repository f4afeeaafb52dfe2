"""Laws of the replay buffer: random images, herding, or a reservoir over the stream."""

import pytest
import torch

from lifelong import registry
from lifelong.data.examples import Batch, Examples
from lifelong.data.scenarios import Plan
from lifelong.strategies.parts import replay_buffer
from lifelong.strategies.parts.replay_buffer import ReplayBuffer
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all, same

KEEPING = ("replay", "agem", "er-ace")
ONE_CLASS = Plan("class", ((0,),))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(numbers: torch.Tensor) -> Batch:
    """Returns a batch whose images, labels and tasks are these numbers."""
    return Batch(numbers.to(torch.uint8).reshape(-1, 1, 1, 1), numbers, numbers, numbers)


def streamed(count: int, room: int, batch: int, drawing: torch.Generator) -> ReplayBuffer:
    """Returns a reservoir after a stream of the numbers from 0 to count."""
    buffer = ReplayBuffer("reservoir", room)
    for part in torch.arange(count).split(batch):
        buffer.observe(numbered(part), ONE_CLASS, drawing)
    return buffer


def counts(examples: Examples) -> dict[tuple[int, int], int]:
    """Returns the number of images by (task, label)."""
    pairs, each = torch.stack([examples.tasks, examples.labels], 1).unique(
        dim=0, return_counts=True
    )
    return {tuple(pair): n for pair, n in zip(pairs.tolist(), each.tolist())}


# The reservoir


@pytest.mark.parametrize(
    "count, room, batch",
    [(5, 10, 3), (10, 10, 4), (11, 10, 4), (200, 10, 7), (200, 150, 128), (50, 0, 8)],
)
def test_a_reservoir_stores_the_whole_stream_until_it_is_full(count, room, batch):
    buffer = streamed(count, room, batch, generator())
    stored = buffer.examples
    assert len(buffer) == min(count, room) and buffer.observed == count
    assert len(stored.labels.unique()) == len(stored)
    assert torch.equal(stored.images.flatten().long(), stored.labels) and torch.equal(
        stored.tasks, stored.labels
    )
    if count <= room:
        assert torch.equal(stored.labels, torch.arange(count))


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_a_batch_is_stored_like_its_images_one_by_one(batch):
    stored = streamed(200, 12, batch, generator()).examples
    drawing, by_hand = generator(), []
    for part in torch.arange(200).split(batch):
        for t, share in zip(
            part.tolist(), torch.rand(len(part), generator=drawing, dtype=torch.float64).tolist()
        ):
            if t < 12:
                by_hand.append(t)
            elif int(share * (t + 1)) < 12:
                by_hand[int(share * (t + 1))] = t
    assert stored.labels.tolist() == by_hand


def test_every_image_of_the_stream_is_stored_with_the_same_probability():
    count, room, times, drawing = 300, 30, 400, generator()
    hits = torch.zeros(count)
    for _ in range(times):
        hits[streamed(count, room, 32, drawing).examples.labels] += 1
    expected = times * room / count
    spread = expected * (1 - room / count)
    chi_square = float(((hits - expected).square() / spread).sum())  # mean n, variance 2n
    assert abs(chi_square - count) < 5 * (2 * count) ** 0.5
    tenths = hits.view(10, -1).sum(1)
    assert ((tenths - 30 * expected).abs() < 5 * (30 * spread) ** 0.5).all()


def test_a_full_reservoir_changes_in_place_only_in_the_drawn_slots():
    buffer = streamed(50, 20, 10, generator())
    before = buffer.examples.labels.clone()
    address = buffer.examples.images.data_ptr()
    chosen, slots = replay_buffer.reservoir(50, 30, 20, generator(3))
    buffer.observe(numbered(torch.arange(50, 80)), ONE_CLASS, generator(3))
    after = buffer.examples
    assert after.images.data_ptr() == address and 0 < len(slots) < 20
    changed = torch.zeros(20, dtype=torch.bool)
    changed[slots] = True
    assert torch.equal(after.labels[changed], 50 + chosen) and torch.equal(
        after.labels[~changed], before[~changed]
    )


# Herding


def by_definition(points: torch.Tensor, count: int) -> list[int]:
    """Selects as in Algorithm 4, one distance at a time."""
    mean = points.mean(0) / points.mean(0).norm()
    picked: list[int] = []
    for k in range(1, count + 1):
        rest = [i for i in range(len(points)) if i not in picked]
        total = points[picked].sum(0)
        picked.append(min(rest, key=lambda i: float((mean - (total + points[i]) / k).norm())))
    return picked


def on_the_sphere(count: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.rand(count, width, generator=generator(seed)))


def test_herding_selects_as_in_the_paper_and_none_twice():
    points = on_the_sphere(40, 5)
    assert replay_buffer.herding(points, 15).tolist() == by_definition(points, 15)
    assert sorted(replay_buffer.herding(points, 100).tolist()) == list(range(40))


def test_herding_approximates_the_mean_better_than_random_choices():
    points = on_the_sphere(200, 8)
    mean = torch.nn.functional.normalize(points.mean(0), dim=0)
    herd = (points[replay_buffer.herding(points, 10)].mean(0) - mean).norm()
    others = [
        (points[torch.randperm(200, generator=generator(s))[:10]].mean(0) - mean).norm()
        for s in range(50)
    ]
    assert herd < min(others)


def test_herding_uses_the_features_of_the_head_normalised(toy, monkeypatch):
    experiment = Experiment(config())
    network, images = experiment.strategy.network, toy.train_images
    points = replay_buffer.embed_normalized(network, images)
    assert not points.requires_grad
    torch.testing.assert_close(points.norm(dim=1), torch.ones(len(images)))
    torch.testing.assert_close(
        points * network.embed(images).norm(dim=1, keepdim=True), network.embed(images)
    )
    monkeypatch.setattr(replay_buffer, "CHUNK", 50)
    torch.testing.assert_close(replay_buffer.embed_normalized(network, images), points)


def test_each_class_has_a_herd_of_its_own():
    experiment = Experiment(config())
    task, network = experiment.tasks[1], experiment.strategy.network
    herd = replay_buffer.herded_subset(task.train, 4, network)
    for label in task.outputs:
        members = task.train.take((task.train.labels == label).nonzero().squeeze(1))
        best = replay_buffer.herding(replay_buffer.embed_normalized(network, members.images), 4)
        assert torch.equal(herd.images[herd.labels == label], members.images[best])


# The policies in the strategies that leave the choice


@pytest.mark.parametrize("strategy", KEEPING)
@pytest.mark.parametrize("policy", ["random", "herding"])
def test_per_class_images_of_each_class_are_stored_after_a_task(strategy, policy):
    for scenario in ("domain", "class") if strategy != "er-ace" else ("class",):
        experiment = Experiment(
            config(strategy, scenario, settings={"per_class": 5, "policy": policy})
        )
        for learned in (1, 2, 3):
            list(experiment.events(until=learned))
            assert counts(experiment.strategy.buffer.examples) == {
                (t, label): 5 for t in range(learned) for label in experiment.plan.outputs_of(t)
            }
        assert "statistics" not in experiment.strategy.storage(experiment.tasks[2])


@pytest.mark.parametrize("strategy", [*KEEPING, "der", "derpp"])
@pytest.mark.parametrize("each", [1, 3])
def test_a_reservoir_has_the_final_size_of_the_other_policies(strategy, each):
    policy = {"policy": "reservoir"} if strategy in KEEPING else {}
    for scenario in ("domain", "class") if strategy != "er-ace" else ("class",):
        experiment, _ = run_all(config(strategy, scenario, settings={"per_class": each, **policy}))
        assert len(experiment.strategy.buffer) == each * 10
        assert experiment.strategy.buffer.observed == 7 * sum(
            min(128, len(task.train)) for task in experiment.tasks
        )
        known = {
            (image.numpy().tobytes(), int(y))
            for task in experiment.tasks
            for image, y in zip(task.train.images, task.train.labels)
        }
        assert {
            (image.numpy().tobytes(), int(y))
            for image, y in zip(
                experiment.strategy.buffer.examples.images,
                experiment.strategy.buffer.examples.labels,
            )
        } <= known


@pytest.mark.parametrize("strategy", ["replay", "agem"])
def test_the_images_of_the_first_task_are_not_replayed_while_it_is_learned(strategy):
    ours, plain = (
        Experiment(config(name, settings=settings))
        for name, settings in ((strategy, {"policy": "reservoir"}), ("finetune", {}))
    )
    for experiment in (ours, plain):
        list(experiment.events(until=1))
    assert len(ours.strategy.buffer) and torch.equal(
        ours.strategy.network.flat, plain.strategy.network.flat
    )


@pytest.mark.parametrize(
    ("strategy", "policy"),
    [("replay", "random"), ("agem", "random"), ("er-ace", "reservoir"), ("icarl", "herding")],
)
def test_the_default_policy_is_the_published_one(strategy, policy):
    """Configs written before there was a choice have no policy."""
    assert registry.strategy(strategy).make("class", {"per_class": 100}).policy == policy


def test_a_batch_is_drawn_from_the_whole_buffer():
    drawn = streamed(9, 9, 9, generator()).sample(200, generator(1))
    assert len(drawn) == 200 and set(drawn.labels.tolist()) == set(range(9))
    assert torch.equal(drawn.images.flatten().long(), drawn.labels)


def test_the_logits_that_are_drawn_are_those_of_the_images():
    buffer = ReplayBuffer("reservoir", 5, saved=("answers", "seen"))
    for part in torch.arange(60).split(8):
        buffer.observe(numbered(part), ONE_CLASS, generator(), part.unsqueeze(1) / 2)
    drawn, logits = buffer.sample_with_logits(50, generator(1))
    assert len(buffer.logits) == 5 and torch.equal(logits, drawn.labels.unsqueeze(1) / 2)
    assert torch.equal(drawn.labels, buffer.sample(50, generator(1)).labels)


@pytest.mark.parametrize("policy", replay_buffer.POLICIES)
def test_a_buffer_is_restored_from_its_tensors(policy):
    task = Experiment(config()).tasks[0]
    buffer = ReplayBuffer(policy, 3, saved=("answers", "seen"))
    buffer.observe(batch_of(task.train), ONE_CLASS, generator(), torch.rand(16, 10))
    buffer.end_task(task.train, Experiment(config()).strategy.network, generator())
    again = ReplayBuffer(policy, 3, saved=("answers", "seen"))
    again.load_tensors(buffer.tensors())
    assert same(again.tensors(), buffer.tensors()) and again.storage() == buffer.storage()
    assert len(again) == len(buffer) > 0 and again.observed == buffer.observed


def test_the_storage_of_a_buffer_is_that_of_images_logits_and_one_number():
    buffer = ReplayBuffer("reservoir", 5, saved=("answers", "seen"))
    assert buffer.storage() == {"images": 0, "logits": 0, "statistics": 0}
    buffer.observe(numbered(torch.arange(9)), ONE_CLASS, generator(), torch.zeros(9, 2))
    assert buffer.storage() == {"images": 5 * (1 + 8 + 8), "logits": 5 * 2 * 4, "statistics": 8}


def test_a_buffer_of_size_zero_stores_nothing():
    experiment = Experiment(config())
    task, network = experiment.tasks[0], experiment.strategy.network
    for policy in replay_buffer.POLICIES:
        buffer = ReplayBuffer(policy, 0)
        buffer.observe(batch_of(task.train), experiment.plan, generator())
        buffer.end_task(task.train, network, generator())
        assert len(buffer) == 0


def test_a_reservoir_that_fills_up_is_not_copied():
    plan, drawing, buffer = Plan("class", ((0,),)), generator(), ReplayBuffer("reservoir", 100)
    places = set()
    for first in range(0, 90, 10):
        buffer.observe(numbered(torch.arange(first, first + 10)), plan, drawing)
        places.add(buffer.examples.images.data_ptr())
    assert len(buffer) == 90 and len(places) == 1
    restored = ReplayBuffer("reservoir", 100)
    restored.load_tensors({name: each.clone() for name, each in buffer.tensors().items()})
    restored.observe(numbered(torch.arange(90, 95)), plan, generator(1))
    buffer.observe(numbered(torch.arange(90, 95)), plan, generator(1))
    assert same(restored.tensors(), buffer.tensors())

"""Laws of the checkpoints within a task: their answers; training is the same with them."""

import pytest
import torch
from safetensors.torch import save

from lifelong import api, registry
from lifelong.errors import LifelongError
from lifelong.inference import predict, within_task
from lifelong.runs import checkpoints, step_checkpoints
from lifelong.runs import store as run_store
from lifelong.storage import tensor_deltas, tensor_files
from tests.helpers import (
    config,
    forget_checksums,
    learn,
    learned_run,
    one_pair_each,
    same,
    stop_after,
)
from tests.runs.helpers import sentence

TRAINED = [(name, s) for name, s in one_pair_each() if not registry.strategy(name).single_pass]


def tensors_of(folder):
    """Returns the tensors of each checkpoint of the tasks, by file."""
    files = sorted([*folder.glob("task-*"), *folder.glob("resume-*")])
    return {file.name: tensor_files.read(file)[0] for file in files}


def states(folder, tasks=(1, 2)):
    """Returns the states within tasks."""
    return {
        (t, step): s
        for t in tasks
        for step, s in step_checkpoints.load(folder, t, run_store.history(folder)).items()
    }


@pytest.mark.parametrize(("strategy", "scenario"), TRAINED)
def test_answers_within_a_task_are_right_as_often_as_the_record_says(strategy, scenario, toy):
    folder = learned_run(config(strategy, scenario, step_checkpoints=True, tasks=2))
    history = run_store.history(folder)
    labels, given = history.started.labels, 0 if history.config.rules.task_given else None
    images = [image for image, label in zip(toy.test_images, toy.test_labels) if label in labels[0]]
    answers = [within_task.classify_within(folder, image.numpy(), 1, given) for image in images]
    truth = [str(int(label)) for label in toy.test_labels if label in labels[0]]
    for step in (s for s in history.steps if s.task == 1 and s.step < s.steps):
        found = [next(a.answer for a in each if a.step == step.step) for each in answers]
        right = [name in answer.classes for name, answer in zip(truth, found)]
        assert sum(right) / len(right) == pytest.approx(step.probe[0], abs=0.035), step.step


@pytest.mark.parametrize("strategy", ["finetune", "ewc", "replay", "dgr", "hat"])
def test_training_is_the_same_with_and_without_them(strategy):
    scenario = "task" if strategy == "hat" else "class"
    without, with_them = (
        learned_run(config(strategy, scenario, step_checkpoints=each)) for each in (False, True)
    )
    assert not list(without.glob("steps-*"))
    assert [file.name for file in sorted(with_them.glob("steps-*"))] == [
        "steps-1.safetensors",
        "steps-2.safetensors",
    ]
    before, after = tensors_of(without), tensors_of(with_them)
    assert before.keys() == after.keys() and all(same(before[n], after[n]) for n in before)


def test_they_begin_with_the_checkpoint_before_and_end_with_that_after():
    folder = learned_run(config(step_checkpoints=True))
    image = torch.randint(0, 256, (6, 6), dtype=torch.uint8).numpy()
    answers = predict.classify(folder, image)
    for learning in api.tasks_with_steps(folder.name):
        within = within_task.classify_within(folder, image, learning)
        assert [each.step for each in within] == [0, 1, 2, 3, 5, 7]
        assert within[0].answer == answers[learning - 1]
        assert within[-1].answer == answers[learning]


def test_a_run_that_was_interrupted_has_the_same_ones():
    whole = learned_run(config(step_checkpoints=True))
    parted = learned_run(config(step_checkpoints=True), stop=stop_after(11))  # in the second task
    assert list(step_checkpoints.load(parted, 1, run_store.history(parted))) == [1, 2, 3]
    learn(parted)
    a, b = states(whole), states(parted)
    assert a.keys() == b.keys() and all(same(a[at], b[at]) for at in a)


def test_those_of_a_task_begun_anew_are_replaced():
    folder = learned_run(config(step_checkpoints=True), stop=stop_after(11))
    expected = states(folder, [1])
    checkpoints.interrupted_file(folder).unlink()  # as if its process had been killed
    learn(folder, stop=stop_after(4))
    assert all(same(expected[at], state) for at, state in states(folder, [1]).items())


def test_undo_removes_them():
    folder = learned_run(config(step_checkpoints=True))
    run_store.undo(folder)
    assert api.tasks_with_steps(folder.name) == (1,)


def test_a_strategy_without_steps_of_training_refuses_them():
    with pytest.raises(LifelongError, match="step_checkpoints was given for analytic") as error:
        run_store.create(config("analytic", step_checkpoints=True))
    sentence(error)


def test_a_run_without_them_says_so():
    folder = learned_run(config())
    assert api.tasks_with_steps(folder.name) == ()
    with pytest.raises(LifelongError, match="has no checkpoints within task 1;") as error:
        api.classify_within(folder.name, torch.zeros(6, 6, dtype=torch.uint8).numpy(), 1)
    sentence(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is damaged"),
        (b"\x10" * 90, "is damaged"),
        (save({"x": torch.zeros(3)}), "belongs to another model"),
        (save({"1.x/added": torch.zeros(3)}, {"steps": "1"}), "belongs to another model"),
        (save({"1.x/whole": torch.zeros(3)}, {"steps": "one"}), "belongs to another model"),
        (
            save({"1.network.head.weight/added": torch.zeros(2, 2)}, {"steps": "1"}),
            "belongs to another model",
        ),
    ],
    ids=["empty", "noise", "no steps", "another name", "odd steps", "another shape"],
)
def test_a_damaged_file_is_one_sentence(content, says):
    folder = learned_run(config(step_checkpoints=True))
    forget_checksums(folder)
    checkpoints.steps_file(folder, 1).write_bytes(content)
    image = torch.zeros(6, 6, dtype=torch.uint8).numpy()
    match = rf"^The checkpoint {folder.name}/steps-1\.safetensors {says}"
    with pytest.raises(LifelongError, match=match) as error:
        within_task.classify_within(folder, image, 1)
    sentence(error)
    assert predict.classify(folder, image) and within_task.classify_within(folder, image, 2)


def test_a_change_along_few_directions_is_encoded_in_a_tenth_of_the_bytes():
    generator = torch.Generator().manual_seed(0)
    before = {"w": torch.randn(400, 784, generator=generator), "b": torch.zeros(400)}
    change = torch.randn(400, 5, generator=generator) @ torch.randn(5, 784, generator=generator)
    after = {"w": before["w"] + 0.01 * change, "b": torch.ones(400), "n": torch.tensor(3)}
    random = torch.get_rng_state()
    encoded = tensor_deltas.encode(before, after)
    assert torch.equal(torch.get_rng_state(), random), "training draws its numbers undisturbed"
    assert sum(t.nbytes for t in encoded.values()) < after["w"].nbytes / 10
    decoded = tensor_deltas.decode(before, encoded)
    error = (decoded["w"] - after["w"]).norm() / (after["w"] - before["w"]).norm()
    assert error < tensor_deltas.TOLERANCE
    assert torch.equal(decoded["b"], after["b"]) and torch.equal(decoded["n"], after["n"])

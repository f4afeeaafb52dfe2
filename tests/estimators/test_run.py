"""Laws of a run as an estimator."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from lifelong import Dataset, LifelongError, Run, load_dataset, load_run
from lifelong.cli.commands import main
from lifelong.runs import store as run_store
from lifelong.strategies.base import Strategy
from tests.estimators.helpers import data, pictures, small_run
from tests.helpers import config, learned_run
from tests.image_helpers import is_one_sentence

X, Y = pictures()


def tasks(scenario="class", number=3):
    return data().split(scenario, number)


def same(one: Run, other: Run) -> bool:
    return np.array_equal(one.predict_proba(X), other.predict_proba(X)) and np.array_equal(
        one.accuracy_, other.accuracy_, equal_nan=True
    )


def test_a_run_has_the_numbers_and_the_bits_of_the_commands():
    given = {"strategy": "replay", "model": "toy-mlp", "steps": 7, "seed": 3}
    folder = learned_run(config(**given))
    run = Run(**given).fit(load_dataset("toy").split("class", 3))
    history = run_store.history(folder)
    assert run.history_.learned[-1].accuracy == history.learned[-1].accuracy
    images = load_dataset("toy").test_images
    assert np.array_equal(run.predict_proba(images), load_run(folder).predict_proba(images))


def test_results_are_those_of_the_record():
    run = small_run("replay").fit(tasks())
    assert run.accuracy_.shape == (3, 3) and np.isnan(run.accuracy_[0, 1])
    assert run.average_accuracy_ == pytest.approx(run.accuracy_[-1].mean())
    assert run.measures_["forgetting"] == run.forgetting_ and run.stored_bytes_ > 0
    drop = np.diagonal(run.accuracy_)[:-1] - run.accuracy_[-1, :-1]
    assert run.backward_transfer_ == pytest.approx(-drop.mean())
    assert (run.accuracy_given_task_[-1] >= run.accuracy_[-1]).all()


def test_predictions_score_what_the_record_says():
    made = data()
    run = small_run("replay").fit(made.split("class", 3))
    images = made.test_images.numpy() / 255
    labels = np.array(made.labels)[made.test_labels]
    right = (run.predict(images) == labels).reshape(-1)
    assert right.mean() == pytest.approx(run.average_accuracy_)


def test_probabilities_are_of_the_classes_that_compete():
    run = small_run().fit(tasks())
    first, last = run.predict_proba(X, after=0), run.predict_proba(X)
    assert (
        (first[:, 2:] == 0).all() and np.allclose(first.sum(1), 1) and np.allclose(last.sum(1), 1)
    )
    given = run.predict_proba(X, task=1)
    assert (given[:, [0, 1, 4, 5]] == 0).all() and np.allclose(given.sum(1), 1)
    assert run.classes_.tolist() == [0, 1, 2, 3, 4, 5]


def test_where_outputs_are_shared_the_task_has_to_be_given():
    run = small_run().fit(tasks("domain"))
    assert set(run.predict(X, task=2)) <= {4, 5}
    with pytest.raises(LifelongError, match="give task"):
        run.predict(X)


def test_one_task_at_a_time_is_all_at_once():
    sequence, run = tasks(), small_run("ewc")
    for number, task in enumerate(sequence, 1):
        assert len(run.partial_fit(task).history_.learned) == number
    assert same(run, small_run("ewc").fit(sequence))


def test_a_loop_that_was_left_goes_on_to_the_same_bits():
    sequence, run = tasks(), small_run("er-ace")
    for event in run.iter_fit(sequence):
        if event.event == "step" and (event.task, event.step) == (1, 10):
            break
    run.save("left")
    whole = small_run("er-ace").fit(sequence)
    assert same(run.fit(sequence), whole)
    assert same(load_run("left").fit(tasks()), whole)


def test_a_finished_run_starts_anew():
    run = small_run().fit(tasks())
    before = run.accuracy_
    assert np.array_equal(run.fit(tasks()).accuracy_, before, equal_nan=True)
    assert run.set_params(strategy="joint").fit(tasks()).accuracy_[-1, 0] > before[-1, 0]


def test_a_run_with_other_settings_starts_anew_where_it_was_left():
    sequence, run = tasks(), small_run()
    run.partial_fit(next(iter(sequence)))
    assert same(run.set_params(strategy="replay").fit(sequence), small_run("replay").fit(sequence))
    with pytest.raises(LifelongError, match="call fit"):
        _ = run.set_params(seed=1).accuracy_


def test_a_saved_run_answers_as_before_and_the_commands_know_it(capsys, monkeypatch):
    made = data(classes=4)
    run = small_run("replay").fit(made.split("class", 2))
    run.save("mine")
    assert np.array_equal(load_run("mine").predict_proba(X), run.predict_proba(X))
    monkeypatch.setattr("sys.argv", ["lifelong", "runs"])
    assert main() == 0 and "mine" in capsys.readouterr().out
    with pytest.raises(LifelongError, match="another name"):
        run.save("mine")


def test_values_of_another_range_are_saved_with_the_run():
    images = X * 16 - 3
    made = Dataset.from_arrays(images, Y)
    run = small_run().fit(made.split("class", 3))
    run.save("range")
    assert np.array_equal(
        load_run("range").predict_proba(X * 16 - 3), run.predict_proba(X * 16 - 3)
    )


class Halved(Strategy):
    """Fine-tuning with half the loss."""

    title, family, source = "Halved", "baseline", "a test"
    summary = stores = costs = "nothing"

    def loss(self, task, batch, logits):
        return self.cross_entropy(task, batch, logits) / 2


def test_a_strategy_of_ones_own_is_a_class():
    run = small_run(Halved).fit(tasks())
    assert run.history_.config.strategy == "halved" and not same(run, small_run().fit(tasks()))


def module(seed=0, dropout=0.0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(dropout))


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_any_module_is_a_model(dropout):
    given = {"steps": 30, "learning_rate": 0.01}
    runs = [Run("replay", model=module(dropout=dropout), **given).fit(tasks()) for _ in range(2)]
    assert same(*runs) and runs[0].average_accuracy_ > 0.8
    assert not same(runs[0], Run("replay", model=module(1, dropout), **given).fit(tasks()))


def test_the_module_itself_is_not_trained():
    own = module()
    before = [tensor.clone() for tensor in own.state_dict().values()]
    Run(model=own, steps=5).fit(tasks())
    assert all(map(torch.equal, own.state_dict().values(), before))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"strategy": "ewk"}, "did you mean 'ewc'"),
        ({"strategy": 3}, "inherits from Strategy"),
        ({"settings": {"strength": 1}}, "setting of finetune"),
        ({"strategy": "ewc", "settings": {"strength": -1}}, "strength was given as -1"),
        ({"model": nn.Linear(7, 3)}, "does not take images"),
        ({"model": nn.Flatten(0)}, "returned no features"),
        ({"recipe": "fast"}, "recipe was given as 'fast'"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_do_not_fit_get_one_sentence(given, says):
    with pytest.raises(LifelongError, match=says) as error:
        Run(**given).fit(tasks())
    assert is_one_sentence(str(error.value))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda run: run.predict(X[:, :4]), "expected .1, 5, 5."),
        (lambda run: run.predict(X, after=3), "after was given as 3"),
        (lambda run: run.predict(X, task=-1), "task was given as -1"),
        (lambda run: run.set_params(stepz=3), "no setting 'stepz'"),
        (lambda run: run.partial_fit(list(tasks())[1]), "comes next"),
    ],
)
def test_questions_that_do_not_fit_get_one_sentence(call, says):
    with pytest.raises(LifelongError, match=says) as error:
        call(small_run().fit(tasks()))
    assert is_one_sentence(str(error.value))


def test_before_fit_there_are_no_results():
    with pytest.raises(LifelongError, match="call fit"):
        _ = Run().accuracy_
    assert not hasattr(Run(), "accuracy_")


def test_runs_in_one_process_do_not_disturb_each_other():
    sequence = tasks()
    alone = [small_run("replay", seed=seed).fit(sequence) for seed in (0, 1)]
    together = [small_run("replay", seed=seed) for seed in (0, 1)]
    threads = [threading.Thread(target=run.fit, args=[sequence]) for run in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(same, alone, together))
    turns = [small_run("replay", seed=seed) for seed in (0, 1)]
    for _events in zip(*(run.iter_fit(sequence) for run in turns)):
        pass
    assert all(same(run, other.fit(sequence)) for run, other in zip(alone, turns))

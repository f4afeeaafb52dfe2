"""Laws of measures of one's own in a notebook."""

import pytest

import lifelong as ll
from lifelong import metrics
from tests.image_helpers import is_one_sentence


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    monkeypatch.setattr(metrics, "_registered", {})
    metrics.all_metrics.cache_clear()
    yield
    metrics.all_metrics.cache_clear()


def declared(function):
    return ll.metric(title="A title", meaning="A meaning.", lower_is_better=True)(function)


def test_a_measure_is_one_of_every_run_and_comparison():
    def worst_task(accuracy):
        return min(accuracy[-1])

    declared(worst_task)
    tasks = ll.load_dataset("toy").split("class", tasks=3)
    run = ll.Run("finetune", model="toy-mlp", steps=5).fit(tasks)
    assert run.measures_["worst_task"] == min(run.accuracy_[-1])
    assert ("worst_task", "mean") in ll.compare({"one": run}, tasks, seeds=1).columns
    assert worst_task([[1.0, 0.5]]) == 0.5


def test_the_last_of_a_name_counts():
    first = declared(_named("twice", 1.0))
    second = declared(_named("twice", 2.0))
    found = [metric for metric in metrics.all_metrics() if metric.name == "twice"]
    assert found == [second] and first is not second


def _named(name, value):
    def measure(accuracy):
        return value

    measure.__name__ = name
    return measure


@pytest.mark.parametrize("name", ["forgetting", "accuracy", "seconds"])
def test_a_name_that_is_taken_gets_one_sentence(name):
    with pytest.raises(ll.LifelongError, match=name) as error:
        declared(_named(name, 1.0))
    assert is_one_sentence(str(error.value))

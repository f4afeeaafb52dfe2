"""Laws of sweeps from Python."""

import pytest

import lifelong as ll
from lifelong.sweeps import sweep as sweeps
from tests.image_helpers import is_one_sentence

TOY = {"dataset": "toy", "model": "toy-mlp", "tasks": 3, "steps": 5}


def test_a_sweep_is_the_mean_of_its_runs_and_none_is_learned_twice(tmp_path, monkeypatch):
    given = {"settings": {"per_class": [1, 5]}, "folder": tmp_path, **TOY}
    table = ll.sweep(["finetune", "replay"], ["class", "task"], seeds=[3, 4], **given)
    assert list(table.index) == [
        (scenario, label)
        for scenario in ("class", "task")
        for label in ("finetune", "replay per_class=1", "replay per_class=5")
    ]
    runs = [
        ll.Run("finetune", model="toy-mlp", steps=5, seed=seed).fit(
            ll.load_dataset("toy").split("class", tasks=3)
        )
        for seed in (3, 4)
    ]
    mean = sum(run.average_accuracy_ for run in runs) / 2
    assert table["average_accuracy"]["mean"]["class", "finetune"] == pytest.approx(mean)
    monkeypatch.setattr(sweeps, "learn", lambda *_, **__: pytest.fail("learned twice"))
    again = ll.sweep(["finetune", "replay"], ["class", "task"], seeds=[3, 4], **given)
    assert again.equals(table)


def test_a_failed_run_gets_one_sentence_after_the_others(tmp_path):
    given = {"folder": tmp_path, **TOY}
    ll.sweep(["finetune"], seeds=2, **given)
    record = sorted(tmp_path.glob("*/record.jsonl"))[0]
    record.write_text("no event\n")
    with pytest.raises(ll.LifelongError, match="Line 1") as error:
        ll.sweep(["finetune"], seeds=2, **given)
    assert is_one_sentence(str(error.value))

"""Laws of a strategy's state on disk: names in earlier configs and checkpoints stay valid."""

import dataclasses
import json

import pytest

from lifelong import registry
from lifelong.errors import LifelongError
from lifelong.runs import checkpoints
from lifelong.settings import Configurable, setting
from lifelong.storage import tensor_files
from lifelong.training.setup import resolve
from tests.helpers import config, learn, learned_run, run_all, same, stop_after

EXAMPLES = {"memory.images", "memory.labels", "memory.tasks"}
SAVED = {
    "ewc": {"precision.", "anchor.", "rest."},
    "ewc-online": {"precision.", "anchor."},
    "replay": EXAMPLES | {"seen."},
    "agem": EXAMPLES | {"seen."},
    "er-ace": EXAMPLES | {"seen."},
    "der": EXAMPLES | {"answers.", "seen."},
    "derpp": EXAMPLES | {"answers.", "seen."},
    "augmented-replay": EXAMPLES,
    "icarl": EXAMPLES | {"taught.", "means.", "spread."},
    "gdumb": EXAMPLES,
    "lwf": {"taught."},
    "dgr": {"teacher.", "painter."},
    "bi-r": {"teacher.", "painter."},
    "packnet": {"owner.", "mine."},
}


@dataclasses.dataclass
class Renamed(Configurable):
    """Configurable with a setting that was once called `number`."""

    count: int = setting(3, "How many.", low=0, high=9, former_name="number")


@pytest.mark.parametrize("strategy", SAVED)
def test_the_names_in_a_checkpoint_are_those_of_earlier_versions(strategy):
    scenario = "task" if strategy == "packnet" else "class"
    state = run_all(config(strategy, scenario))[0].state_dict()
    names = {name.removeprefix("strategy.") for name in state if name.startswith("strategy.")}
    assert names == SAVED[strategy]


def test_a_setting_may_be_given_by_its_former_name():
    assert Renamed.from_settings("it", "class", {"number": 5}) == Renamed(5)
    assert Renamed.from_settings("it", "class", {"number": 5}).settings_dict() == {"count": 5}
    with pytest.raises(LifelongError, match=r"^count was given as 10; it expects .*\.$"):
        Renamed.from_settings("it", "class", {"number": 10})


@pytest.mark.parametrize("strategy", ["ewc", "ewc-online"])
@pytest.mark.parametrize("step", [7, 10])
def test_an_old_config_resumes_to_the_same_bits_and_equals_the_new_one(strategy, step):
    run_config = config(strategy, "task", settings={"estimator": "sampled", "strength": 1e4})
    never = learned_run(run_config)
    stopped = learned_run(run_config, stop=stop_after(step))
    file = stopped / "config.json"
    written = json.loads(file.read_text())
    assert written["settings"]["estimator"] == "sampled"
    written["settings"]["fisher"] = written["settings"].pop("estimator")
    file.write_text(json.dumps(written))
    learn(stopped)
    for name in (checkpoints.resume_file, checkpoints.inference_file):
        assert same(*(tensor_files.read(name(folder, 2))[0] for folder in (stopped, never)))
    old = run_config.model_copy(update={"settings": {"fisher": "sampled", "strength": 1e4}})
    assert resolve(old) == resolve(run_config)


def test_the_storage_of_a_buffer_is_counted_by_kind():
    experiment, _ = run_all(config("der", settings={"per_class": 2}))
    image = experiment.tasks[0].train.images[0].numel()
    assert experiment.strategy.storage(experiment.tasks[-1]) == {
        "images": 20 * (image + 2 * 8),
        "logits": 20 * 10 * 4,
        "statistics": 8,
    }


def test_stored_fields_do_not_depend_on_evaluated_annotations(monkeypatch):
    """With `from __future__ import annotations` types are strings."""
    fields = registry.strategy("replay").__dataclass_fields__
    monkeypatch.setattr(fields["buffer"], "type", "ReplayBuffer")
    one, other = (run_all(config("replay"))[0] for _ in range(2))
    other.load_state_dict(one.state_dict(), task=3, step=0)
    assert same(other.state_dict(), one.state_dict())

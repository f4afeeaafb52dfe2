"""Laws of what a run stores: from its record or, of shipped runs that are older, from a file."""

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.runs import store as run_store
from lifelong.runs import stored
from tests.helpers import config, learned_run
from tests.runs.helpers import sentence

REMEDIES = ("finetune", "ewc", "replay", "cumulative", "joint", "analytic")
TRANSFER = ("scratch", "frozen", "finetune", "lwf")


@pytest.mark.parametrize(("strategy", "images"), [("finetune", 0), ("replay", 50), ("joint", 240)])
def test_stored_images_are_counted(strategy, images):
    given = {"per_class": 5} if strategy == "replay" else {}
    folder = learned_run(config(strategy, settings=given))
    found = stored.storage(folder)
    assert found is not None and (found.images, found.of) == (images, 240)
    assert found.kinds == run_store.history(folder).learned[-1].stored


@pytest.mark.parametrize("strategy", ["replay", "ewc", "analytic", "finetune"])
def test_it_does_not_depend_on_the_number_of_steps(strategy):
    """Therefore `benchmarks.ship_stored` learns each task for one step."""
    kinds = [stored.storage(learned_run(config(strategy, steps=n))).kinds for n in (1, 7)]
    assert kinds[0] == kinds[1]


def test_nothing_is_claimed_before_a_task_is_learned():
    assert stored.storage(learned_run(config(), until=0)) is None


def test_it_is_known_of_every_shipped_run_for_digits():
    found = {name: api.storage(f"mnist-class-{name}") for name in REMEDIES}
    assert {name: each.images for name, each in found.items()} == {
        "finetune": 0,
        "ewc": 0,
        "replay": 1000,
        "cumulative": 60_000,
        "joint": 60_000,
        "analytic": 0,
    }
    assert found["finetune"].kinds == {} and sum(found["ewc"].kinds.values()) > 3e6


def test_it_is_known_of_every_other_shipped_run():
    assert all(api.storage(folder.name) for folder in run_store.shipped())


@pytest.mark.parametrize("content", ["", "[]", '{"images": "many"}', "{", '{"images": null}'])
def test_a_damaged_file_is_one_sentence(content):
    folder = learned_run(config())
    record = folder / "record.jsonl"
    record.write_text(record.read_text().replace('"stored":{}', '"stored":null'))
    assert stored.storage(folder) is None
    (folder / stored.STORED_FILE).write_text(content)
    with pytest.raises(LifelongError, match=r"stored\.json is damaged") as error:
        stored.storage(folder)
    sentence(error)


def test_the_shipped_transfer_runs_begin_with_one_source_and_end_apart():
    files = [run_store.folder(f"mnist-transfer-{name}") for name in TRANSFER]
    first, last = (
        {(folder / f"task-{k}.safetensors").read_bytes() for folder in files} for k in (0, 1)
    )
    assert (len(first), len(last)) == (1, 4)
    labels = {api.history(folder.name).started.labels for folder in files}
    assert labels == {((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))}

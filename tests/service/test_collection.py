"""Laws of the collection of runs: listed by their record alone, named, starred, deleted."""

import json
import os

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.runs import listing, store
from lifelong.service import collection
from lifelong.storage import checksums, tensor_files
from lifelong.transfer import store as study_store
from tests.app.helpers import IdleWorker
from tests.helpers import config, learned_run
from tests.runs.helpers import sentence
from tests.teaching.helpers import taught_run
from tests.transfer.helpers import small_study

SHIPPED = "mnist-class-finetune"


def entry(name):
    return next(entry for entry in collection.entries() if entry.id == name)


def test_a_run_has_the_numbers_of_its_record():
    folder = learned_run(config("replay"))
    history, found = store.history(folder), entry(folder.name)
    measures = history.measures()
    assert (found.accuracy, found.forgetting) == (
        measures["average_accuracy"],
        measures["forgetting"],
    )
    assert found.stored == sum(history.learned[-1].stored.values()) > 0
    assert found.seconds == history.seconds and not found.is_study and found.state == "finished"
    assert found.made == (folder / "config.json").stat().st_mtime_ns / 1e9
    assert (found.tasks, found.learned, found.seed) == (3, 3, 0)


def test_a_study_has_what_its_curves_end_with():
    folder = study_store.create(study_store.study_config.make(**_study_fields()))
    assert entry(folder.name).state == "new" and entry(folder.name).accuracy is None
    list(study_store.learn(folder))
    found, result = entry(folder.name), study_store.result(folder)
    assert found.is_study and found.state == "finished" and found.learned == found.tasks == 2
    assert found.accuracy == result.curve("images", "finetune")[-1].target[0]
    assert found.forgetting == result.lost("finetune")[0]


def _study_fields():
    study = small_study()
    run = study.run
    return {"dataset": run.dataset, "model": run.model, "steps": run.steps} | {
        "seeds": study.seeds,
        "sizes": study.sizes,
    }


def test_what_shipped_is_last_and_everything_is_listed_once():
    own = learned_run(config(tasks=1)).name
    entries = collection.entries()
    assert entries[0].id == own and all(each.shipped for each in entries[1:])
    ids = [each.id for each in entries]
    assert sorted(ids) == sorted({*store.ids(), *study_store.ids()})


def test_the_list_opens_no_checkpoint_and_reads_a_record_once(monkeypatch):
    folder = learned_run(config(tasks=2))
    with monkeypatch.context() as patch:
        patch.setattr(tensor_files, "opened", None)
        patch.setattr(checksums, "of_file", None)
        before = collection.entries()
        patch.setattr(listing.store, "history", None)
        assert collection.entries() == before
    os.utime(folder / "record.jsonl")
    assert entry(folder.name) == next(each for each in before if each.id == folder.name)


def test_a_damaged_run_is_listed_with_its_error_and_can_be_deleted():
    folder = learned_run(config(tasks=1))
    (folder / "record.jsonl").write_text("?\n")
    assert "is not an event" in entry(folder.name).error
    collection.delete(folder.name)
    assert collection.bring_back(folder.name) == folder.name


def test_a_name_and_a_star_change_nothing_else():
    folder = learned_run(config(tasks=1))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert collection.rename(folder.name, "  My  run ") == "My run"
    collection.set_star(folder.name, True)
    assert (entry(folder.name).name, entry(folder.name).star) == ("My run", True)
    row = next(row for row in api.run_list() if row.id == folder.name)
    assert (row.name, row.star) == ("My run", True) and json.dumps(row.to_json())
    collection.rename(folder.name, None)
    assert (entry(folder.name).name, entry(folder.name).star) == ("", True)
    collection.set_star(folder.name, False)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_came_with_the_project_stays_as_it_is():
    for name in (SHIPPED, "transfer-mnist-digits"):
        for change in (
            lambda name=name: collection.rename(name, "x"),
            lambda name=name: collection.set_star(name, True),
            lambda name=name: collection.delete(name),
        ):
            with pytest.raises(LifelongError, match="came with the project") as error:
                change()
            sentence(error)
    assert api.has_run(SHIPPED) and not (store.folder(SHIPPED) / "bookmark.json").exists()


def test_a_taught_copy_is_in_no_list_nor_in_the_trash():
    copy = taught_run(learned_run(config()))
    (copy / ".unlisted").touch()
    assert copy.name not in [each.id for each in collection.entries()]
    with pytest.raises(LifelongError, match="is a taught copy"):
        collection.delete(copy.name)
    assert collection.deleted() == [] and copy.exists()


@pytest.mark.parametrize(("position", "state"), [(0, "running"), (2, "waiting")])
def test_a_run_in_the_queue_is_at_work_and_not_deleted(position, state):
    folder = learned_run(config(tasks=2), until=1)
    with api.connected(IdleWorker()) as worker:
        worker.positions[folder.name] = position
        assert entry(folder.name).state == state and entry(folder.name).at_work
        with pytest.raises(LifelongError, match="stop it first") as error:
            collection.delete(folder.name)
        sentence(error)
    assert entry(folder.name).state == "stopped" and not entry(folder.name).at_work


def test_a_run_that_another_process_learns_is_at_work():
    folder = store.create(config())
    learning = store.learn(folder)
    next(learning)
    assert entry(folder.name).state == "running"
    learning.close()
    assert entry(folder.name).state == "interrupted"


@pytest.mark.parametrize("name", ["no-such-run", "../x", "", ".trash"])
def test_an_unknown_run_is_one_sentence(name):
    for change in (collection.delete, collection.zipped, lambda n: collection.set_star(n, True)):
        with pytest.raises(LifelongError, match="There is no run"):
            change(name)

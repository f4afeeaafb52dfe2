"""Laws of deleted runs: they come back as they were, and go for good after a week."""

import os
import time

import pytest

from lifelong.errors import LifelongError
from lifelong.runs import store, trash
from tests.helpers import config, learned_run
from tests.runs.helpers import sentence


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_deleted_run_is_in_no_list_and_comes_back_as_it_was():
    folder = learned_run(config(tasks=1))
    (folder / ".lock").touch()
    before, made = files(folder), (folder / "config.json").stat().st_mtime_ns
    trash.move_to(folder)
    assert store.find(folder.name) is None and folder.name not in store.ids()
    (deleted,) = trash.contents()
    assert deleted.id == folder.name and deleted.nbytes == sum(map(len, before.values()))
    assert abs(deleted.when - time.time()) < 60
    assert trash.bring_back(folder.name) == folder and trash.contents() == []
    assert files(folder) == before and (folder / "config.json").stat().st_mtime_ns == made


def test_a_run_at_work_is_not_deleted():
    folder = store.create(config())
    learning = store.learn(folder)
    next(learning)
    with pytest.raises(LifelongError, match="is being learned and was not deleted") as error:
        trash.move_to(folder)
    sentence(error)
    assert list(learning) and store.history(folder).finished


def test_what_was_deleted_a_week_ago_is_removed_with_the_next_deletion():
    old, young, last = (learned_run(config(tasks=1, seed=seed)) for seed in range(3))
    for folder in (old, young):
        trash.move_to(folder)
    a_while = time.time() - trash.DAYS * 24 * 3600
    for folder, when in ((old, a_while - 60), (young, a_while + 60)):
        os.utime(folder.parent / trash.FOLDER / folder.name, (when, when))
    trash.move_to(last)
    assert [deleted.id for deleted in trash.contents()] == [last.name, young.name]
    assert trash.purge() == 2 and trash.contents() == []


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc", ".trash", "nothing-like-it", "a\0b"])
def test_only_what_is_in_the_trash_comes_back(name):
    trash.move_to(learned_run(config(tasks=1)))
    (trash.home() / "x").mkdir()
    with pytest.raises(LifelongError, match="There is no deleted run"):
        trash.bring_back(name)


def test_a_run_does_not_come_back_over_another_one():
    folder = learned_run(config(tasks=1))
    trash.move_to(folder)
    learned_run(config(tasks=2)).rename(folder)
    with pytest.raises(LifelongError, match="There is another") as error:
        trash.bring_back(folder.name)
    sentence(error)
    assert len(trash.contents()) == 1 and store.history(folder).config.tasks == 2

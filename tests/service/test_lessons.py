"""Laws of visitors' copies: in no list, bounded in number and bytes, taught by a worker."""

import os

import pytest

from lifelong.errors import LifelongError
from lifelong.events import ExtractingFeatures, Loading
from lifelong.models.parts import feature_cache
from lifelong.runs import store as run_store
from lifelong.service import lessons
from lifelong.service.worker import JobQueue, prepare_beforehand
from lifelong.service.worker_client import WorkerClient
from tests.helpers import config, learned_run, toy_dataset, use_images
from tests.runs.helpers import sentence
from tests.teaching.helpers import files, pictures


class Teacher(WorkerClient):
    """A worker that teaches in this process, before it returns."""

    def learn(self, folder, until=None):
        list(run_store.learn(folder))


@pytest.fixture
def original():
    return learned_run(config())


@pytest.fixture(autouse=True)
def teacher():
    with lessons.connected(Teacher()) as worker:
        yield worker


def begin(run, name="heart"):
    return lessons.begin(run.name, name, files(pictures(5)), "replay")


def test_a_copy_is_in_no_list_but_is_found_by_its_id(original):
    copy = begin(original)
    assert copy not in run_store.ids() and run_store.find(copy) is not None
    assert len(copy.rsplit("-", 1)[1]) == 16, "an id that nobody guesses"
    progress = lessons.progress(copy)
    assert progress["done"] == 1 and progress["report"]["name"] == "heart"
    with pytest.raises(LifelongError) as error:
        run_store.folder(copy[:-1])
    assert copy not in sentence(error)


def test_a_copy_of_a_copy_learns_a_second_class(original):
    report = lessons.teach(begin(original), "comet", files(pictures(5, seed=9)), "replay")
    assert run_store.history(run_store.folder(report["run"])).started.classes[-2:] == (
        ("heart",),
        ("comet",),
    )


def test_a_lesson_on_its_path_says_how_far_it_is(original, teacher, monkeypatch):
    monkeypatch.setattr(teacher, "learn", lambda folder: None)
    nothing_yet = {"done": 0.0, "preparing": None, "report": None}
    assert lessons.progress(begin(original)) == nothing_yet


def test_a_lesson_that_failed_says_why(original, teacher, monkeypatch):
    monkeypatch.setattr(teacher, "learn", lambda folder: None)
    copy = begin(original)
    (run_store.folder(copy) / "pictures-3.safetensors").unlink()
    with pytest.raises(LifelongError):
        list(run_store.learn(run_store.folder(copy)))
    with pytest.raises(LifelongError, match="pictures-3.safetensors is missing"):
        lessons.progress(copy)


def test_other_runs_are_no_copies(original):
    for name in (original.name, "mnist-class-finetune", "no-such-run", None):
        for call in (lessons.progress, lessons.remove):
            with pytest.raises(LifelongError, match="no taught copy") as error:
                call(name)
            sentence(error)
    assert original.exists()


def test_the_oldest_copies_make_room_and_never_a_run_of_others(original, monkeypatch):
    monkeypatch.setattr(lessons, "MOST_COPIES", 2)
    copies = []
    for age in (30, 20, 10):
        copies.append(begin(original))
        marker = run_store.folder(copies[-1]) / lessons.UNLISTED
        os.utime(marker, (marker.stat().st_mtime - age,) * 2)
    assert [run_store.find(copy) is not None for copy in copies] == [False, True, True]
    monkeypatch.setattr(lessons, "MOST_BYTES", 1)
    newest = begin(original)
    assert [run_store.find(copy) for copy in copies] == [None] * 3
    assert run_store.find(newest) and original.exists()


def test_without_a_worker_a_sentence_says_so(original):
    lessons._connection.worker = None
    with pytest.raises(LifelongError, match="has no process that teaches") as error:
        begin(original)
    sentence(error)


def test_a_copy_with_a_title_stays_longer_than_any_other(original, monkeypatch):
    first, second = begin(original), begin(original)
    assert lessons.title(first) == "" and lessons.keep(first, "  My  network ") == "My network"
    assert lessons.title(first) == "My network" and lessons.title(original.name) == ""
    marker = run_store.folder(first) / lessons.UNLISTED
    os.utime(marker, (marker.stat().st_mtime - 99,) * 2)
    monkeypatch.setattr(lessons, "MOST_COPIES", 1)
    lessons.remove_old()
    assert run_store.find(first) and not run_store.find(second)
    assert first not in run_store.ids()


@pytest.mark.parametrize("given", ["", " ", "<b>", "x" * 41, "../x", "a\x00b"])
def test_a_title_that_does_not_fit_is_refused(original, given):
    copy = begin(original)
    with pytest.raises(LifelongError, match="expected 1 to 40 letters") as error:
        lessons.keep(copy, given)
    sentence(error)


def test_looking_at_a_copy_counts_as_use(original):
    copy = begin(original)
    marker = run_store.folder(copy) / lessons.UNLISTED
    os.utime(marker, (1, 1))
    lessons.progress(copy)
    assert marker.stat().st_mtime > 1


def test_features_that_are_not_here_are_extracted_by_the_lesson(teacher, monkeypatch, tmp_path):
    """A machine may have the images of a shipped run, and may never have trained on them."""
    use_images(monkeypatch, toy_dataset(train=12, test=4, side=16))
    monkeypatch.setitem(feature_cache.PORTION, "cpu", 20)
    network = {"weights": "none", "units": 8}
    original = learned_run(config(tasks=2, model="shufflenet_v2_x0_5", network=network))
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path))
    monkeypatch.setattr(teacher, "learn", lambda folder: None)
    copy = lessons.begin(original.name, "heart", files(pictures(5, side=16)), "replay")
    preparing = []
    for event in run_store.learn(run_store.folder(copy)):
        if isinstance(event, ExtractingFeatures):
            assert lessons.progress(copy)["preparing"] == event
            preparing.append(event.done / event.total)
    assert preparing == sorted(preparing) and preparing[-1] == 1
    at_end = lessons.progress(copy)
    assert at_end["preparing"] is None and at_end["report"]["name"] == "heart"


def test_a_download_before_a_lesson_is_refused_in_a_sentence(original, monkeypatch):
    def create(*given):
        yield Loading(what="Downloading", unit="B", done=1, total=9, seconds=0.0)

    monkeypatch.setattr("lifelong.teaching.teach.create", create)
    with pytest.raises(LifelongError, match="on the Train page, which downloads it") as error:
        begin(original)
    sentence(error)


def test_a_run_that_no_strategy_can_teach_is_refused_before_pictures_are_made(teacher):
    given = learned_run(config("finetune", "task"))
    with pytest.raises(LifelongError, match="teach a class-incremental run") as error:
        lessons.prepare(given.name)
    sentence(error)


def test_what_a_lesson_needs_is_loaded_once_before_it(original, teacher, monkeypatch):
    sent = []
    monkeypatch.setattr(teacher, "warm", lambda: None)
    monkeypatch.setattr(teacher, "_send", sent.append)
    for _ in range(2):
        lessons.prepare(original.name)
    assert sent == [{"prepare": str(original)}]
    prepare_beforehand(original, JobQueue())
    with pytest.raises(LifelongError, match="There is no run"):
        lessons.prepare("no-such-run")

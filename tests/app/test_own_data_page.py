"""The Your data page: what was found is shown before it is stored, and then trained on."""

import io
import zipfile

import pytest

from app.views.own_data import grouping, text
from lifelong import api, datasets
from lifelong.api import own_data
from lifelong.runs import store as run_store
from tests.app.helpers import button_keys, open_page, page_text
from tests.sample_files import image_bytes, plain

CLASSES = ("cat", "dog", "heart", "star")


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    datasets.forget()
    return tmp_path / "data"


def zipped(more: dict[str, bytes] | None = None) -> bytes:
    """Returns a zip file of four classes of five images."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for at, name in enumerate(CLASSES):
            for k in range(5):
                packed.writestr(f"{name}/{k}.png", image_bytes(plain(50 * at + k, (8, 8))))
        for name, content in (more or {}).items():
            packed.writestr(name, content)
    return out.getvalue()


def given(content: bytes, name: str = "My pets.zip"):
    """Returns the page after a file was given."""
    at = open_page("own_data")
    at.file_uploader[0].set_value((name, content, "application/zip")).run()
    assert not at.exception
    return at


def staged(data) -> list:
    return list(data.glob(".adding-*")) if data.exists() else []


def test_what_was_found_is_shown_and_nothing_is_stored_yet(data):
    at = given(zipped({"notes.txt": b"x"}))
    found = page_text(at).replace("\\", "")
    assert "4 classes, 20 images: 16 for training and 4 for testing" in found
    assert "all of 8 x 8 pixels, grey" in found
    assert "notes.txt is not an image file" in found
    assert at.text_input(key="own_name").value == "My-pets"
    assert own_data.names() == () and len(staged(data)) == 1
    at.button(key="own_forget").click().run()
    assert not at.exception and "own_store" not in button_keys(at) and staged(data) == []


def test_it_is_stored_with_its_tasks_and_the_train_page_learns_them(data, worker):
    at = given(zipped())
    assert at.session_state["own_groups"] == [[0, 1], [2, 3]]
    at.slider(key="own_tasks").set_value(4).run()
    assert at.session_state["own_groups"] == [[0], [1], [2], [3]]
    at.slider(key="own_tasks").set_value(2).run()
    at.session_state["own_groups"] = [[3], [0, 1, 2]]  # as the board does
    at.run()
    at.text_input(key="own_name").set_value("pets").run()
    at.button(key="own_store").click().run()
    assert not at.exception and staged(data) == []
    assert datasets.spec("pets").groups == (("star",), ("cat", "dog", "heart"))
    train = open_page("train")
    for name in ("dataset", "show_settings", "grouped"):
        train.session_state[name] = {"dataset": "pets"}.get(name, True)
    train.run()
    assert "**Task 1**: star" in page_text(train)
    train.button(key="learn_all").click().run()
    ((run, _),) = worker.orders
    config = api.history(run).config
    assert (config.tasks, config.task_sizes, config.class_order) == (2, (1, 3), (3, 0, 1, 2))
    train = open_page("train")
    for name in ("dataset", "show_settings", "grouped"):
        train.session_state[name] = {"dataset": "pets", "grouped": False}.get(name, True)
    train.run()
    train.button(key="learn_all").click().run()
    assert api.history(worker.orders[-1][0]).config.task_sizes is None


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"no zip", "not a whole zip file"), (zipped({"../x.png": b"x"}), "leads out of its folder")],
)
def test_a_refused_file_is_one_sentence_and_leaves_nothing(data, content, says):
    at = given(content)
    assert says in "".join(each.value for each in at.error) and len(at.error) == 1
    assert "own_store" not in button_keys(at) and staged(data) == []
    assert says in "".join(each.value for each in at.run().error), "it stays until another is given"


def test_a_name_that_is_taken_is_said_and_the_data_stay(data):
    at = given(zipped())
    at.text_input(key="own_name").set_value("mnist").run()
    at.button(key="own_store").click().run()
    assert "There is a data set 'mnist' already" in at.error[0].value
    assert len(staged(data)) == 1 and "own_store" in button_keys(at)


def test_a_data_set_is_removed_and_its_runs_stay_and_say_so():
    files = [own_data.Upload("pets.zip", io.BytesIO(zipped()))]
    own_data.keep(own_data.stage_uploads(files).id, "pets", "pets.zip")
    run = api.create(dataset="pets", tasks=2, steps=1)
    list(run_store.learn(run_store.folder(run)))
    at = open_page("own_data")
    assert "pets" in page_text(at) and "1 run learned from it and will stay" in page_text(at)
    at.button(key="own_remove_pets").click().run()
    assert "The run that learned from it stays" in at.success[0].value
    assert own_data.names() == () and "own_remove_pets" not in button_keys(at)
    for page in ("train", "inspect"):
        shown = open_page(page, run=run)
        assert "Its images are not on this machine" in page_text(shown)
    assert api.classify(run, plain(3, (1, 8, 8)))[-1].top


def test_a_folder_put_there_by_hand_is_not_offered_for_removal(data):
    from tests.sample_files import image_folder

    files = {f"{s}/{c}/1.png": image_bytes(plain(1)) for s in ("train", "test") for c in "ab"}
    image_folder(data / "mine", files)
    assert "own_remove_mine" not in button_keys(open_page("own_data"))


def test_what_a_browser_sends_is_groups_of_every_class_or_nothing():
    assert grouping.sent_groups([[], [1, 0]], 2, 2) == [[], [1, 0]]
    wrong = [None, {}, [[0]], [[0], [True]], [[0], ["1"]], [[0], [1], []], [[0], [2]], [0, 1]]
    assert [each for each in wrong if grouping.sent_groups(each, 2, 2) is not None] == []


def test_sentences_count_what_they_name():
    assert text.removed("x", 0) == "x is removed."
    assert "The 2 runs that learned from it stay," in text.removed("x", 2)


def test_what_was_staged_and_is_gone_is_read_again(data):
    at = given(zipped())
    first = at.session_state["own_staged"].id
    own_data.discard(first)
    at.run()
    assert not at.exception and at.session_state["own_staged"].id != first
    assert len(staged(data)) == 1 and "own_store" in button_keys(at)

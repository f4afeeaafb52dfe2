"""The Runs page as a visitor uses it, and its rows and sentences."""

import time
from dataclasses import replace

import pytest

from app.shared import labels, markdown
from app.views.draw.choices import run_choice
from app.views.runs import grid, table, text
from lifelong import api
from lifelong.api import collection
from lifelong.service.collection import Entry
from tests.app.helpers import button_keys, open_page, page_text
from tests.helpers import config, learned_run
from tests.hub_server import hub_in_use

SHIPPED = "mnist-class-ewc"
HOSTILE = "<b>*My* [run](javascript:x) :smile:</b>"
SOME = Entry("toy-class-ewc-abcdef", False, False, "finished", dataset="mnist", scenario="class")
SOME = replace(SOME, strategy="ewc", model="mlp", recipe="quick", seed=3, tasks=5, learned=5)
STUDY = replace(SOME, id="transfer-mnist-fedcba", is_study=True, strategy="lwf", seed=None)


def ticked(*runs, **query):
    """Opens the page and ticks some runs."""
    at = open_page("runs", **query)
    ids = frame(at)["id"].tolist()
    rows = [ids.index(run) for run in runs]
    ticks = {"selection": {"rows": rows, "columns": [], "cells": []}}
    at.session_state[grid.table_key(ids)] = ticks
    at.run()
    assert not at.exception
    return at


def frame(at):
    """Returns the table of a page, by column."""
    return at.dataframe[0].value


def test_every_run_and_study_is_a_row_and_the_newest_is_first():
    run = learned_run(config("replay", tasks=2)).name
    at = open_page("runs")
    assert frame(at)["id"].tolist() == [entry.id for entry in collection.entries()]
    row = frame(at).iloc[0]
    measures = api.history(run).measures()
    assert row["id"] == run and row["state"] == "finished"
    assert row["accuracy"] == pytest.approx(100 * measures["average_accuracy"])
    assert row["forgetting"] == pytest.approx(100 * measures["forgetting"])
    assert "studies." in page_text(at) and text.UNTICKED in page_text(at)
    assert {"duplicate", "rename", "star", "delete"} <= button_keys(at)
    assert {button.label for button in at.button if not button.disabled} == {"Load from the Hub"}


def test_a_search_and_a_filter_are_in_the_address():
    at = open_page("runs", find="ewc task-inc")
    assert frame(at)["id"].tolist() == ["mnist-task-ewc"]
    at = open_page("runs", show="Yours")
    assert len(frame(at)) == 0 and "You have no run yet" in page_text(at)
    at = open_page("runs", find="nothing like it")
    assert text.NO_MATCH in page_text(at)
    at = open_page("runs", show="Studies")
    assert len(frame(at)) == len(api.study_list())


def test_a_name_is_shown_escaped_wherever_the_run_is_named():
    run = learned_run(config(tasks=1)).name
    collection.rename(run, HOSTILE)
    at = ticked(run)
    assert frame(at)["run"].iloc[0] == HOSTILE, "a canvas, which knows no markup"
    assert HOSTILE not in page_text(at) and markdown.escaped(HOSTILE) in page_text(at)
    row = api.run_row(run)
    assert labels.run_title(row).startswith(f"{HOSTILE} · ")
    assert run_choice(row).name.startswith(f"{HOSTILE} · ")
    for page in ("inspect", "train"):
        title = open_page(page, run=run).title[0].value
        assert title == markdown.escaped(HOSTILE)


def test_the_name_of_a_study_is_its_title_and_in_the_list_of_studies():
    study = api.create_study(dataset="toy", model="toy-mlp", seeds=1, sizes=(1,), steps=5)
    collection.rename(study, HOSTILE)
    at = open_page("transfer", study=study)
    assert at.title[0].value == markdown.escaped(HOSTILE)
    assert any(option.startswith(f"{HOSTILE} · ") for option in at.selectbox[0].options)


def test_rename_star_delete_and_undo():
    run = learned_run(config(tasks=1)).name
    at = ticked(run)
    at.button(key="rename").click().run()
    at.text_input(key=f"name_{run}").set_value("Mine")
    next(button for button in at.button if button.label == "Save").click().run()
    assert not at.exception and api.run_row(run).name == "Mine"
    at.button(key="star").click().run()
    assert api.run_row(run).star and frame(at)["run"].iloc[0] == "★ Mine"
    assert at.button(key="star").label == "Unstar"
    at.button(key="delete").click().run()
    assert not api.has_run(run) and run not in frame(at)["id"].tolist()
    assert "Deleted: Mine" in page_text(at)
    at.button(key="undo_delete").click().run()
    assert api.has_run(run) and api.run_row(run).star and "The run is back" in at.success[0].value
    assert "undo_delete" not in button_keys(at) and not at.button(key="delete").disabled


def test_a_name_that_does_not_fit_is_a_sentence_in_the_dialog():
    run = learned_run(config(tasks=1)).name
    at = ticked(run)
    at.button(key="rename").click().run()
    at.text_input(key=f"name_{run}").set_value("a\u202eb")
    next(button for button in at.button if button.label == "Save").click().run()
    assert "expected 1 to 60" in at.error[0].value and api.run_row(run).name == ""


def test_what_came_with_the_project_is_read_only_and_says_so():
    at = ticked(SHIPPED)
    assert "came with the project" in page_text(at)
    disabled = {button.key for button in at.button if button.disabled}
    assert {"rename", "star", "delete"} <= disabled and "duplicate" not in disabled
    own = learned_run(config(tasks=1)).name
    at = ticked(SHIPPED, own)
    assert "1 of them came with the project" in page_text(at)
    at.button(key="delete").click().run()
    assert api.has_run(SHIPPED) and not api.has_run(own)


def test_a_run_that_cannot_be_deleted_says_why_and_stays(worker):
    runs = [learned_run(config(tasks=2, seed=seed), until=1).name for seed in (0, 1)]
    worker.positions[runs[0]] = 0
    at = ticked(*runs)
    assert frame(at)["state"].tolist().count("at work, 1 of 2 tasks") == 1
    assert ", 1 at work." in page_text(at)
    at.button(key="delete").click().run()
    assert "stop it first" in at.error[0].value
    assert [api.has_run(run) for run in runs] == [True, False]


def test_a_duplicate_is_the_train_form_with_the_settings_of_the_run():
    at = ticked(SHIPPED)
    at.button(key="duplicate").click().run()
    assert not at.exception and at.pills(key="strategy").value == "ewc"
    assert at.segmented_control(key="recipe").value == api.history(SHIPPED).config.recipe


def test_deleted_runs_are_brought_back_or_removed_for_good():
    runs = [learned_run(config(tasks=1, seed=seed)).name for seed in (0, 1)]
    for run in runs:
        collection.delete(run)
    at = open_page("runs")
    assert at.expander[0].label.startswith("Deleted: 2 runs, ")
    at.selectbox(key="deleted_pick").set_value(runs[0])
    at.button(key="bring_back").click().run()
    assert api.has_run(runs[0]) and not api.has_run(runs[1])
    at.button(key="empty_trash").click().run()
    assert not at.exception and collection.deleted() == [] and not at.expander


def test_a_zip_file_is_loaded_and_what_is_none_is_refused_in_a_sentence():
    run = learned_run(config(tasks=1)).name
    content = collection.zipped(run)
    collection.delete(run)
    at = open_page("runs")
    at.file_uploader[0].upload(f"{run}.zip", content, "application/zip").run()
    assert not at.exception and api.has_run(run) and "Loaded: " in at.success[0].value
    assert f"{run[-6:]}" in page_text(at), "it is ticked"
    at.file_uploader[0].upload("x.zip", b"no zip", "application/zip").run()
    assert "The file was not loaded" in at.error[0].value


def test_a_run_is_loaded_from_its_address_on_the_hub_and_what_is_none_is_refused(
    monkeypatch, tmp_path
):
    pytest.importorskip("huggingface_hub")
    folder = learned_run(config(tasks=1))
    files = {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.startswith(".")}
    collection.delete(folder.name)
    with hub_in_use(monkeypatch, tmp_path) as hub:
        commit = hub.new("ann/toys", files).main
        at = open_page("runs")
        at.text_input(key="address_0").set_value("ann/nothing")
        load(at)
        assert "ann/nothing was not loaded. There is no repository" in at.error[0].value
        assert "log in" not in at.error[0].value, "a visitor cannot log in on the server"
        at.text_input(key="address_1").set_value(" ann/toys ")
        load(at)
        assert "Loaded: " in at.success[0].value
        source = markdown.escaped(f"ann/toys@{commit[:7]}")
        assert f"came from the Hub: {source}" in page_text(at)
        assert set(hub.tokens) == {None}


def load(at) -> None:
    """Presses the button that loads from the Hub."""
    next(button for button in at.button if button.label == "Load from the Hub").click().run()
    assert not at.exception


def test_the_link_to_a_comparison_names_the_ticked_runs():
    runs = [learned_run(config(tasks=1, seed=seed)).name for seed in (0, 1)]
    links = [link.proto for link in ticked(*runs).get("page_link")]
    (link,) = [link for link in links if link.label == "Compare" and link.query_string]
    assert sorted(link.query_string.removeprefix("runs=").split("%2C")) == sorted(runs)
    assert "no_compare_arrows" in button_keys(ticked(runs[0])), "one run is none to compare"


def test_a_damaged_run_says_what_is_wrong():
    folder = learned_run(config(tasks=1))
    (folder / "record.jsonl").write_text("?\n")
    at = ticked(folder.name)
    assert "is not an event of a run" in page_text(at).replace("\\", "")
    assert frame(at).set_index("id")["state"][folder.name] == "damaged"
    at.button(key="delete").click().run()
    assert not folder.exists()


STATES = {
    "finished": "finished",
    "running": "at work, 2 of 5 tasks",
    "waiting": "waiting, 2 of 5 tasks",
    "stopped": "stopped at 2 of 5 tasks",
    "failed": "failed at 2 of 5 tasks",
    "interrupted": "cut off at 2 of 5 tasks",
    "new": "not begun",
}


@pytest.mark.parametrize(("state", "words"), STATES.items())
def test_a_state_in_words(state, words):
    assert table.state(replace(SOME, state=state, learned=2)) == words
    assert table.state(replace(SOME, shipped=True)) == "finished, shipped"
    assert table.state(replace(STUDY, state="stopped", learned=1)) == "stopped at 1 of 5 seeds"
    assert table.state(replace(SOME, error="x")) == "damaged"


def test_every_state_has_words():
    assert STATES.keys() == {state.value for state in type(collection.entries()[0].state)}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", 2),
        ("EWC", 1),
        ("ewc mnist", 1),
        ("mnist", 2),
        ("seed 3", 1),
        ("study", 1),
        ("abcdef", 1),
        ("fully connected", 2),
        ("ewc nothing", 0),
    ],
)
def test_a_search_finds_what_the_table_shows(search, found):
    assert len(table.chosen([SOME, STUDY], "all", search)) == found


def test_those_with_a_star_come_first_and_a_filter_leaves_them_alone():
    starred = replace(SOME, id="b", star=True)
    assert table.chosen([SOME, STUDY, starred], "all", "") == [starred, SOME, STUDY]
    assert table.chosen([SOME, STUDY, starred], "starred", "") == [starred]
    assert table.chosen([SOME, STUDY], "studies", "") == [STUDY]
    assert table.chosen([SOME, replace(SOME, shipped=True)], "own", "") == [SOME]


def test_sentences_are_true_for_one_and_for_several():
    assert text.count([SOME], [SOME]) == "1 run and 0 studies."
    assert text.count([SOME, STUDY, STUDY], [SOME]) == "1 run and 2 studies. Shown: 1."
    assert (
        text.deleted(["a*"]) == "Deleted: a\\*." and text.deleted(["a", "b"]) == "Deleted: 2 runs."
    )
    assert text.restored(1) == "The run is back." and text.restored(2) == "2 runs are back."
    assert text.ticked([SOME]) == "**EWC, class\\-incremental, MNIST, abcdef**"
    assert text.ticked([replace(SOME, shipped=True)], read_only=True) == (
        "**EWC, class\\-incremental, MNIST**"
    )
    assert text.ticked([SOME, STUDY], read_only=True) == "**2 ticked.**"
    assert text.ticked([SOME, STUDY]) == "**2 ticked.** Delete and star do it to all of them."


def test_five_hundred_runs_are_painted_within_half_a_second(tmp_path):
    first = learned_run(config(tasks=2))
    for number in range(500):
        copy = first.parent / f"toy-class-finetune-{number:06x}"
        copy.mkdir()
        for name in ("config.json", "record.jsonl"):
            (copy / name).write_bytes((first / name).read_bytes())
    at = open_page("runs")
    assert "520" in page_text(at) or len(frame(at)) > 500
    times = []
    for _ in range(3):
        start = time.perf_counter()
        at.run()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5, "of server time, the records read once"

"""Studies on disk: stopped and resumed, damaged records, changed data."""

import dataclasses
import json

import pytest

from lifelong.errors import LifelongError
from lifelong.runs import store as run_store
from lifelong.transfer import events as study_events
from lifelong.transfer import store as study_store
from tests.helpers import config, stop_after, toy_dataset, use_images
from tests.transfer.helpers import report_without_time, result_of, small_study


@pytest.mark.parametrize("steps", [1, 3, 30, 90, 117])
def test_a_study_that_was_stopped_goes_on_to_the_numbers_of_one_that_was_not(steps):
    never = result_of(small_study())
    folder = study_store.create(small_study())
    events = list(study_store.learn(folder, stop_after(steps)))
    assert events[-1].event == "stopped" and study_store.state(folder) == "stopped"
    done = [
        part
        for part in small_study().branches
        if study_events.is_complete(study_store.result(folder).events, part)
    ]
    again = list(study_store.learn(folder))
    assert not any(study_events.belongs_to(event, part) for event in again for part in done), (
        "what was whole is not learned again"
    )
    assert study_store.state(folder) == "finished" and report_without_time(
        study_store.result(folder)
    ) == report_without_time(never)
    assert list(study_store.learn(folder)) == [], "a finished study is not learned again"


@pytest.mark.parametrize("cut", [1, 7, 40, 400])
def test_a_study_that_was_cut_off_goes_on_whatever_was_written_last(cut):
    folder = study_store.create(small_study())
    list(study_store.learn(folder))
    never = report_without_time(study_store.result(folder))
    record = folder / "record.jsonl"
    record.write_bytes(record.read_bytes()[:-cut])
    assert study_store.state(folder) == "interrupted"
    list(study_store.learn(folder))
    assert report_without_time(study_store.result(folder)) == never


def test_a_study_is_no_run_and_a_run_no_study():
    folder = study_store.create(small_study())
    run = run_store.create(config())
    assert folder.name.startswith("transfer-toy-") and study_store.ids() == [
        folder.name,
        *(folder.name for folder in study_store.shipped()),
    ]
    assert (
        folder.name not in run_store.ids()
        and run.name in run_store.ids()
        and run.name not in study_store.ids()
    )
    for find, name in (
        (run_store.folder, folder.name),
        (study_store.folder, run.name),
        (study_store.folder, "../x"),
    ):
        with pytest.raises(LifelongError, match="There is no"):
            find(name)
    for make, given in ((run_store.create, config()), (study_store.create, small_study(seeds=1))):
        with pytest.raises(LifelongError, match=r"give another with --out\.$"):
            make(given, folder)


def test_a_study_with_the_config_of_an_earlier_version_resumes():
    folder = study_store.create(small_study(protect="ewc"))
    fields = json.loads((folder / "study.json").read_text())
    fields["run"]["settings"]["fisher"] = fields["run"]["settings"].pop("estimator")
    del fields["pretrained"], fields["run"]["device"]
    (folder / "study.json").write_text(json.dumps(fields))
    assert study_store.create(small_study(protect="ewc"), folder) == folder
    list(study_store.learn(folder))
    assert study_store.result(folder).finished


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"event":"began"}', "Line 3 of .* is not an event of a study"),
        ("not json", "Line 3 of .* is not an event of a study"),
        (
            '{"event":"look","seed":0,"way":"lwf","step":1,"target":1,"source":1}',
            "Line 3 of .* does not follow from the lines before it",
        ),
        (
            '{"event":"target_learned","seed":0,"way":"frozen","images":3,"steps":1,"target":1,"source":1}',
            "Line 3 of .* does not follow",
        ),
    ],
)
def test_a_damaged_record_is_refused_by_its_line(line, says):
    folder = study_store.create(small_study())
    list(study_store.learn(folder))
    lines = (folder / "record.jsonl").read_text().splitlines()
    (folder / "record.jsonl").write_text("\n".join([*lines[:2], line, *lines[2:]]) + "\n")
    with pytest.raises(LifelongError, match=says):
        study_store.state(folder)


def test_other_data_than_it_began_with_are_refused_and_noted(monkeypatch):
    folder = study_store.create(small_study())
    list(study_store.learn(folder, stop_after(117)))
    elsewhere = dataclasses.replace(toy_dataset(), source="other images")
    use_images(monkeypatch, elsewhere)
    with pytest.raises(
        LifelongError, match="began with made-up patterns, but here is other images"
    ):
        list(study_store.learn(folder))
    assert (
        study_store.state(folder) == "failed"
        and "other images" in study_store.result(folder).ending.message
    )

"""The Transfer page as a visitor uses it, its words and its charts."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from app.views.transfer import charts as transfer_charts
from app.views.transfer import labels as transfer_labels
from app.views.transfer import text as transfer_text
from lifelong import api
from lifelong.events import Failed
from lifelong.runs import folders, journal
from lifelong.runs import store as run_store
from lifelong.transfer import config as study_config
from lifelong.transfer import store as study_store
from lifelong.transfer import study
from lifelong.transfer.results import AXES, StudyResult
from tests.app.test_pages import keys, opened, text
from tests.transfer.test_study import asked, found, pretrained

SHIPPED = "transfer-mnist-digits"


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """The data are the embedded sample."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def made(learned: int | None = None, **given) -> str:
    """A study of one's own that has stopped after so many events; None: it has not begun."""
    at = study_store.create(asked(**given))
    if learned is not None:
        told = iter(range(10_000))
        list(study_store.learn(at, lambda: next(told) >= learned))
    return at.name


def charts_of(at: AppTest) -> list[dict]:
    """The specifications of the charts on a page."""
    return [json.loads(chart.proto.spec) for chart in at.get("vega_lite_chart")]


def test_the_page_opens_with_a_finished_study_in_words_numbers_and_two_charts():
    at = opened("transfer")
    said = text(at)
    assert "Knowing 0–4 first **helps**" in said and "points ± " in said and "(n = 5)" in said
    assert "Forward transfer over images" in said and "What became of the source, 0–4" in " ".join(
        h.value for h in at.subheader
    )
    assert "MNIST, 60,000 training and 10,000 test images" in said
    assert len(charts_of(at)) == 2 and all(len(spec["description"]) > 60 for spec in charts_of(at))
    assert keys(at) == {"new_study"}
    assert [metric.label for metric in at.metric] == [
        "Forward transfer, fine-tuned",
        "Forward transfer, frozen",
        "Source lost, fine-tuned",
        "Source lost, with LwF",
    ]
    assert all("n = 5" in metric.help for metric in at.metric)
    assert any(
        f"--out checkpoints/{SHIPPED}" in line
        for line in (folders.SHIPPED / "shipped.txt").read_text().splitlines()
    )


def test_the_axis_is_in_the_address():
    at = opened("transfer", by="steps")
    assert at.segmented_control(
        key="axis"
    ).value == "steps" and "Forward transfer over steps" in text(at)
    at.segmented_control(key="axis").set_value("images").run()
    assert (
        not at.exception
        and "by" not in at.query_params
        and "Forward transfer over images" in text(at)
    )
    at.segmented_control(key="axis").set_value("steps").run()
    assert at.query_params["by"] == ["steps"] or at.query_params["by"] == "steps"


@pytest.mark.parametrize("name", ["no-such-study", "../../etc/passwd", "mnist-class-ewc"])
def test_an_unknown_study_is_one_sentence_and_the_page_stays_usable(name):
    at = opened("transfer", study=name)
    assert (
        len(at.error) == 1 and "There is no study" in at.error[0].value and "new_study" in keys(at)
    )


def test_a_damaged_study_is_one_sentence_and_can_be_told_from_others():
    name = made()
    (study_store.folder(name) / "record.jsonl").write_text("not json\n")
    at = opened("transfer", study=name)
    assert len(at.error) == 1 and "is not an event of a study" in at.error[0].value
    assert any("(damaged)" in option for option in at.selectbox(key="study_pick").options)
    at.selectbox(key="study_pick").set_value(SHIPPED).run()
    assert not at.exception and not at.error and at.query_params["study"] in (SHIPPED, [SHIPPED])


def test_the_button_leads_to_the_form_and_the_form_makes_the_study_that_was_chosen(monkeypatch):
    asked_for = []
    monkeypatch.setattr(api, "learn", asked_for.append)
    at = opened("transfer")
    at.button(key="new_study").click().run()
    assert {"start_study", "back"} <= keys(at)
    at.segmented_control(key="pair").set_value("own").run()
    at.selectbox(key="own_source").set_value("mnist-sample").run()
    at.selectbox(key="own_target").set_value("mnist").run()
    at.selectbox(key="protect").set_value("ewc").run()
    at.slider(key="study_seeds").set_value(2).run()
    at.button(key="start_study").click().run()
    assert not at.exception
    (name,) = asked_for
    config = api.study(name).config
    assert (config.run.dataset, config.run.target, config.protect, config.seeds) == (
        "mnist-sample",
        "mnist",
        "ewc",
        2,
    )
    assert config.run.task_sizes == (10, 10)


def test_every_pair_that_is_offered_can_be_started_and_every_protector_is_told():
    at = opened("transfer", study="new")
    assert at.segmented_control(key="pair").value == "digits"
    titles = {
        pair.title
        for pair in api.PRESETS.values()
        if {pair.dataset, pair.target or pair.dataset} <= set(api.datasets())
    }
    assert set(at.segmented_control(key="pair").options) == {*titles, "My own choice"}
    assert at.selectbox(key="protect").value == "lwf" and len(
        at.selectbox(key="protect").options
    ) == len(api.protectors())
    at.button(key="back").click().run()
    assert not at.exception and "new_study" in keys(at)


def test_a_refusal_is_told_and_the_form_stays(monkeypatch):
    def refuse(**_given):
        raise run_store.LifelongError("There is no room left.")

    monkeypatch.setattr(api, "create_study", refuse)
    at = opened("transfer", study="new")
    at.button(key="start_study").click().run()
    assert at.error[0].value == "There is no room left." and "start_study" in keys(at)


@pytest.mark.parametrize(("place", "download", "said"), [
    (0, None, "Getting the data ready"), (0, ("cifar10", 63_400_000, 170_498_071), "Downloading cifar10: 63 of 170 MB"), (2, None, "number 2 in the queue"),
])  # fmt: skip
def test_a_study_at_work_shows_where_it_is_and_a_stop_button(monkeypatch, place, download, said):
    monkeypatch.setattr(api, "arriving", lambda _config: download)
    name, stopped = made(), []
    monkeypatch.setattr(api, "state", lambda _name: "waiting" if place else "running")
    monkeypatch.setattr(api, "queue_position", lambda _name: place)
    monkeypatch.setattr(api, "stop", stopped.append)
    at = opened("transfer", study=name)
    assert said in at.get("progress")[0].proto.text
    at.button(key="stop").click().run()
    assert stopped == [name]


@pytest.mark.usefixtures("small")
def test_a_study_at_work_tells_how_many_models_it_has_learned(monkeypatch):
    name = made(learned=20)
    monkeypatch.setattr(api, "state", lambda _name: "running")
    monkeypatch.setattr(api, "queue_position", lambda _name: 0)
    at = opened("transfer", study=name)
    assert (
        " of 24 models learned, about" in at.get("progress")[0].proto.text
        and len(charts_of(at)) == 2
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("learned", "said"),
    [(None, "has not begun"), (0, "Stopped; 0 models"), (30, "It can go on from here")],
)
def test_a_study_at_rest_says_where_it_stands_and_goes_on(monkeypatch, learned, said):
    asked_for = []
    monkeypatch.setattr(api, "learn", asked_for.append)
    name = made(learned)
    at = opened("transfer", study=name)
    assert said in text(at)
    at.button(key="go_on").click().run()
    assert not at.exception and asked_for == [name]


def test_a_failed_study_tells_why():
    name = made()
    journal.append(study_store.folder(name) / "record.jsonl", Failed(message="The disk is full."))
    at = opened("transfer", study=name)
    assert "The disk is full." in at.error[0].value and {"go_on", "new_study"} <= keys(at)


def test_the_worker_learns_stops_and_goes_on_with_a_study(request):
    request.addfinalizer(api.close)
    name = made(seeds=1, steps=400)
    api.learn(name)
    record = study_store.folder(name) / "record.jsonl"
    wait(lambda: record.exists() and record.read_text().count("\n") > 3)
    began = time.monotonic()
    api.stop(name)
    wait(lambda: api.state(name) == "stopped")
    assert time.monotonic() - began < 10 and not api.study(name).finished
    assert name in api.study_list() and all(row["id"] != name for row in api.run_list())


def wait(until) -> None:
    """Until something is so, for two minutes at most."""
    give_up = time.monotonic() + 120
    while not until():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("seeds", [1, 2])
def test_charts_and_words_at_every_moment_of_a_study(axis, seeds):
    whole = found(seeds=seeds, sizes=(1,))
    for count in [*range(1, len(whole.events), 3), len(whole.events)]:
        so_far = StudyResult(whole.config, whole.events[:count])
        for chart in (transfer_charts.target, transfer_charts.source):
            spec = chart(so_far, axis)
            assert spec["width"] == "container" and set(spec["datasets"]) >= {
                "points",
                "looks",
                "ends",
            }
        said = [
            transfer_text.result(so_far),
            transfer_text.learning(so_far, axis),
            transfer_text.forward(so_far, axis),
            transfer_text.source(so_far, axis),
            transfer_text.about(so_far, axis),
            transfer_text.progress(so_far, "running", 0)[1],
        ]
        assert all(said) and "None" not in " ".join(said) and "nan" not in " ".join(said)
    assert ("±" in transfer_text.result(whole)) == (seeds > 1)
    assert ("too few" in transfer_text.result(whole)) == (seeds == 1)


@pytest.mark.usefixtures("small")
def test_the_frame_of_a_chart_is_the_same_while_points_come():
    whole = found()
    early = StudyResult(whole.config, [e for e in whole.events if getattr(e, "seed", 0) == 0])
    frames = [
        {
            k: v
            for k, v in transfer_charts.target(f, "images").items()
            if k not in ("datasets", "description")
        }
        for f in (early, whole)
    ]
    assert frames[0] == frames[1]


def test_a_gain_within_its_error_is_not_called_help():
    shipped = api.study(SHIPPED)
    swapped = [
        e.model_copy(update={"target": e.target - 0.02})
        if getattr(e, "regime", "") == "finetune" and e.seed % 2
        else e
        for e in shipped.events
    ]
    assert "makes no difference" in transfer_text.result(StudyResult(shipped.config, swapped))
    worse = [
        e.model_copy(update={"target": e.target - 0.1})
        if getattr(e, "regime", "") == "finetune"
        else e
        for e in shipped.events
    ]
    assert "**is in the way**" in transfer_text.result(StudyResult(shipped.config, worse))


def test_the_csv_holds_every_point_and_the_command_makes_the_same_study():
    shipped = api.study(SHIPPED)
    lines = transfer_labels.csv(shipped).splitlines()
    assert len(lines) == 1 + sum(
        len(shipped.curve(axis, way)) for axis in AXES for way in shipped.regimes
    )
    assert lines[1].startswith("images,scratch,1,,0.") and all(
        line.count(",") == lines[0].count(",") for line in lines
    )
    command = transfer_labels.command(shipped)
    assert "--dataset mnist --seeds 5 --protect lwf" in command and "--images 1,5,20,100" in command


@pytest.mark.parametrize(("names", "said"), [
    (tuple("01234"), "0–4"), (("bird", "cat"), "bird, cat"), (tuple("13579"), "1, 3, 5, 7, 9"), (("1",), "1"),
    (tuple("abcdefgh"), "8 classes from a to h"), (tuple("0123456789"), "0–9"),
])  # fmt: skip
def test_classes_are_told_shortly(names, said):
    assert transfer_labels.classes(names) == said


def test_the_form_of_a_study_with_a_target_is_told_by_its_data_sets():
    config = study_config.make(dataset="mnist-sample", target="mnist")
    assert transfer_labels.title(StudyResult(config, [])) == "MNIST sample → MNIST"


@pytest.mark.usefixtures("colour")
@pytest.mark.parametrize("axis", AXES)
def test_a_study_of_a_pretrained_network_is_told_without_a_source(axis):
    made = study.resolve(pretrained())
    events = list(study.study(made))
    for count in range(1, len(events) + 1):
        so_far = StudyResult(made, events[:count])
        assert transfer_charts.target(so_far, axis)["datasets"].keys() >= {
            "points",
            "looks",
            "ends",
        }
        said = [
            transfer_text.result(so_far),
            transfer_text.learning(so_far, axis),
            transfer_text.forward(so_far, axis),
            transfer_text.about(so_far, axis),
            transfer_text.progress(so_far, "running", 0)[1],
        ]
        assert all(said) and "None" not in " ".join(said)
    whole = StudyResult(made, events)
    assert (
        "pretrained network" in transfer_text.result(whole)
        and len(transfer_text.measures(whole, axis)) == 2
    )
    assert (
        "Pretrained" in transfer_labels.title(whole)
        and "--pretrained" in transfer_labels.command(whole)
        and "None" not in transfer_labels.command(whole)
    )
    facts = dict(transfer_labels.facts(whole))
    assert not {"Protected by", "Recipe"} & facts.keys() and facts["Learning rate"].startswith(
        "0.001; 0.00003 where"
    )
    _titles, *lines = transfer_labels.csv(whole).splitlines()
    assert len(lines) > 6 and all(line.split(",")[2] in ("1", "2") for line in lines), (
        "there is no point of all images"
    )


@pytest.mark.usefixtures("colour")
@pytest.mark.parametrize(("rate", "told"), [(0.0005, "0.0005"), (1e-6, "0.000001"), (0.1, "0.1")])
def test_a_learning_rate_that_was_given_is_told_of_all_ways(rate, told):
    whole = StudyResult(study.resolve(pretrained(learning_rate=rate)), [])
    assert transfer_labels._learning_rate(
        whole.config
    ) == told and "smaller steps" not in transfer_text.legend(whole)


def test_the_form_makes_a_study_of_a_pretrained_network_of_any_data_set(monkeypatch):
    asked_for = []
    monkeypatch.setattr(
        api, "create_study", lambda **given: asked_for.append(given) or "transfer-x"
    )
    monkeypatch.setattr(api, "learn", lambda name: None)
    at = opened("transfer", study="new")
    at.segmented_control(key="pair").set_value("own").run()
    at.selectbox(key="own_source").set_value("pretrained").run()
    at.selectbox(key="own_target").set_value("mnist-sample").run()
    assert "protect" not in {
        box.key for box in at.selectbox
    } and "There is no source to protect" in text(at)
    at.button(key="start_study").click().run()
    (given,) = asked_for
    assert (
        given["pretrained"]
        and given["dataset"] == "mnist-sample"
        and given["model"] == "resnet50"
        and "target" not in given
    )


def test_the_network_follows_the_source_until_a_person_chooses_another(monkeypatch):
    asked_for = []
    monkeypatch.setattr(
        api, "create_study", lambda **given: asked_for.append(given) or "transfer-x"
    )
    monkeypatch.setattr(api, "learn", lambda name: None)
    at = opened("transfer", study="new")
    for pair, network in (
        ("animals-to-vehicles", "resnet50"),
        ("digits", "mlp"),
        ("animals-to-vehicles", "resnet50"),
    ):
        at.segmented_control(key="pair").set_value(pair).run()
        assert at.segmented_control(key="study_model").value == network
    at.segmented_control(key="study_model").set_value("mlp").run()
    at.button(key="start_study").click().run()
    assert asked_for[0]["model"] == "mlp" and asked_for[0]["dataset"] == "cifar10"

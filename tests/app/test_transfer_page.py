"""Laws of the Transfer page, its sentences and its charts."""

import time

import pytest

from app.views.transfer import facts, labels, measures, picker, text
from lifelong import api
from lifelong.charts import study_charts
from lifelong.events import ExtractingFeatures, Failed, Loading
from lifelong.runs import folders, journal
from lifelong.transfer import config as study_config
from lifelong.transfer import store as study_store
from lifelong.transfer import study
from lifelong.transfer.curves import AXES
from lifelong.transfer.results import StudyResult
from tests.app.helpers import button_keys, chart_specs, open_page, page_text
from tests.transfer.helpers import pretrained_study, result_of, small_study

SHIPPED = "transfer-mnist-digits"


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """Uses the embedded sample as data."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def new_study(learned: int | None = None, **given) -> str:
    """Creates a study that has stopped after so many events; None: it has not begun."""
    folder = study_store.create(small_study(**given))
    if learned is not None:
        events = iter(range(10_000))
        list(study_store.learn(folder, lambda: next(events) >= learned))
    return folder.name


def test_the_page_opens_with_the_study_that_says_most_and_what_a_source_loses():
    at = open_page("transfer")
    assert at.selectbox(key="study_pick").value == "transfer-cifar10-pretrained"
    assert "Fine-tuning it gains 40.0 ± 0.7 points" in at.header[0].value
    assert "with LwF it lost **0.2\u00a0points**" in "".join(m.value for m in at.markdown)
    at.button(key="source_study").click().run()
    assert at.query_params["study"] in (SHIPPED, [SHIPPED])
    assert "source_study" not in button_keys(at) and len(chart_specs(at)) == 2


def test_the_study_that_says_most_is_that_of_the_largest_gain_or_loss():
    by_weight = sorted(api.study_list(), key=lambda name: text.weight(api.study(name)))
    assert by_weight[-1] == picker.opening() == "transfer-cifar10-pretrained"
    assert picker.of_source() == SHIPPED
    shipped = api.study(SHIPPED)
    lost, kept = shipped.lost("finetune"), shipped.lost("lwf")
    assert text.saved(shipped) == lost[0] - kept[0] > 0
    assert text.saved(api.study("transfer-cifar10-pretrained")) == 0


def test_a_finished_study_is_described_in_words_numbers_and_two_charts():
    at = open_page("transfer", study=SHIPPED)
    sentences = page_text(at)
    assert (
        "Knowing 0–4 first **helps**" in sentences
        and "0.8 ± 0.1 points over starting from scratch" in sentences
        and "(n = 5)" in sentences
    )
    assert (
        "Forward transfer over images" in sentences
        and "What happened to the source, 0–4" in " ".join(h.value for h in at.header)
    )
    assert "MNIST, 60,000 training and 10,000 test images" in sentences
    assert len(chart_specs(at)) == 2 and all(
        len(spec["description"]) > 60 for spec in chart_specs(at)
    )
    assert button_keys(at) == {"new_study"}
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
    at = open_page("transfer", by="steps")
    assert at.segmented_control(
        key="axis"
    ).value == "steps" and "Forward transfer over steps" in page_text(at)
    at.segmented_control(key="axis").set_value("images").run()
    assert (
        not at.exception
        and "by" not in at.query_params
        and "Forward transfer over images" in page_text(at)
    )
    at.segmented_control(key="axis").set_value("steps").run()
    assert at.query_params["by"] == ["steps"] or at.query_params["by"] == "steps"


@pytest.mark.parametrize("name", ["no-such-study", "../../etc/passwd", "mnist-class-ewc"])
def test_an_unknown_study_is_one_sentence_and_the_page_stays_usable(name):
    at = open_page("transfer", study=name)
    assert (
        len(at.error) == 1
        and "There is no study" in at.error[0].value
        and "new_study" in button_keys(at)
    )


def test_a_damaged_study_is_one_sentence_and_can_be_distinguished():
    name = new_study()
    (study_store.folder(name) / "record.jsonl").write_text("not json\n")
    at = open_page("transfer", study=name)
    assert len(at.error) == 1 and "is not an event of a study" in at.error[0].value
    assert any("(damaged)" in option for option in at.selectbox(key="study_pick").options)
    at.selectbox(key="study_pick").set_value(SHIPPED).run()
    assert not at.exception and not at.error and at.query_params["study"] in (SHIPPED, [SHIPPED])


def test_the_button_leads_to_the_form_and_the_form_makes_the_study_that_was_chosen(worker):
    at = open_page("transfer")
    at.button(key="new_study").click().run()
    assert {"start_study", "back"} <= button_keys(at)
    at.segmented_control(key="pair").set_value("own").run()
    at.selectbox(key="own_source").set_value("mnist-sample").run()
    at.selectbox(key="own_target").set_value("mnist").run()
    at.selectbox(key="protect").set_value("ewc").run()
    at.slider(key="study_seeds").set_value(2).run()
    at.button(key="start_study").click().run()
    assert not at.exception
    ((name, _),) = worker.orders
    config = api.study(name).config
    assert (config.run.dataset, config.run.target, config.protect, config.seeds) == (
        "mnist-sample",
        "mnist",
        "ewc",
        2,
    )
    assert config.run.task_sizes == (10, 10)


def test_every_pair_that_is_offered_can_be_started_and_every_protector_is_offered():
    at = open_page("transfer", study="new")
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
    assert not at.exception and "new_study" in button_keys(at)


def test_a_refusal_is_shown_and_the_form_stays(monkeypatch, tmp_path):
    at = open_page("transfer", study="new")
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIFELONG_RUNS", str(tmp_path / "file"))
    at.button(key="start_study").click().run()
    assert "could not be made" in at.error[0].value and "start_study" in button_keys(at)


@pytest.mark.parametrize(
    ("position", "event", "sentence"),
    [
        (0, None, "Loading images"),
        (
            0,
            Loading(
                what="Downloading MNIST", unit="B", done=3_000_000, total=12_000_000, seconds=2
            ),
            "Downloading MNIST: 25\u00a0%, 3.0 MB of 12.0 MB, about 5 s left",
        ),
        (
            0,
            ExtractingFeatures(done=31_000, total=62_000, seconds=10.0),
            "Images through the backbone: 50\u00a0%, 31,000 of 62,000, about 10 s left",
        ),
        (2, None, "number 2 in the queue"),
    ],
)
def test_a_study_at_work_shows_progress_and_stop(worker, position, event, sentence):
    name = new_study()
    if event is not None:
        journal.append(study_store.folder(name) / journal.RECORD_FILE, event)
    worker.positions[name] = position
    at = open_page("transfer", study=name)
    assert sentence in at.get("progress")[0].proto.text
    at.button(key="stop").click().run()
    assert worker.stopped == [name]


def test_a_study_at_work_tells_how_many_models_it_has_learned(worker):
    name = new_study(learned=20)
    worker.positions[name] = 0
    at = open_page("transfer", study=name)
    progress = at.get("progress")[0].proto.text
    assert " of 24 models learned, a few seconds left" in progress
    assert "source first" not in progress and len(chart_specs(at)) == 2


def test_while_the_source_is_learned_a_study_says_so(worker):
    name = new_study(learned=0)
    worker.positions[name] = 0
    at = open_page("transfer", study=name)
    assert at.get("progress")[0].proto.text.startswith("Learning the source first. 0 of 24 models")
    at.button(key="stop").click().run()
    assert at.button(key="stop").disabled and at.button(key="stop").label == "Stopping …"


def test_at_rest_no_sentence_speaks_of_a_result_on_its_way():
    whole = result_of(small_study())
    for count in range(1, len(whole.events), 2):
        part = StudyResult(whole.config, whole.events[:count])
        sentences = [text.heading(part), text.at_rest(part, "stopped")]
        sentences += [say(part, "images") for say in (text.learning, text.forward, text.source)]
        for promise in ("on their way", "comes with", "so far", "whenever"):
            assert promise not in " ".join(sentences)


@pytest.mark.parametrize(
    ("learned", "sentence"),
    [
        (None, "has not begun"),
        (0, "Stopped before the first model was learned. It can go on from here."),
        (30, "It can go on from here"),
    ],
)
def test_a_study_at_rest_says_where_it_stands_and_goes_on(worker, learned, sentence):
    name = new_study(learned)
    at = open_page("transfer", study=name)
    assert sentence in page_text(at)
    if not learned:  # there is nothing to be drawn, and nothing on its way
        assert chart_specs(at) == [] and "result" not in page_text(at)
    at.button(key="go_on").click().run()
    assert not at.exception and worker.orders == [(name, None)]


def test_a_failed_study_tells_why():
    name = new_study()
    journal.append(study_store.folder(name) / "record.jsonl", Failed(message="The disk is full."))
    at = open_page("transfer", study=name)
    assert "The disk is full." in at.error[0].value and {"go_on", "new_study"} <= button_keys(at)


def test_the_worker_learns_stops_and_goes_on_with_a_study(worker_process):
    name = new_study(seeds=1, steps=400)
    api.learn(name)
    record = study_store.folder(name) / "record.jsonl"
    wait(lambda: record.exists() and record.read_text().count("\n") > 3)
    began = time.monotonic()
    api.stop(name)
    wait(lambda: api.state(name) == "stopped")
    assert time.monotonic() - began < 10 and not api.study(name).finished
    assert name in api.study_list() and all(row.id != name for row in api.run_list())


def wait(until) -> None:
    """Waits until a condition is true, for two minutes at most."""
    give_up = time.monotonic() + 120
    while not until():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("seeds", [1, 2])
def test_charts_and_words_at_every_moment_of_a_study(axis, seeds):
    whole = result_of(small_study(seeds=seeds, sizes=(1,)))
    for count in [*range(1, len(whole.events), 3), len(whole.events)]:
        so_far = StudyResult(whole.config, whole.events[:count])
        for chart in (study_charts.target, study_charts.source):
            spec = chart(so_far, axis)
            assert spec["width"] == "container" and set(spec["datasets"]) >= {
                "points",
                "tooltips",
                "ends",
            }
        sentences = [
            text.heading(so_far),
            text.learning(so_far, axis),
            text.forward(so_far, axis),
            text.source(so_far, axis),
            text.about(so_far, axis),
            text.progress(so_far, "running", 0)[1],
        ]
        assert (
            all(sentences)
            and "None" not in " ".join(sentences)
            and "nan" not in " ".join(sentences)
        )
    assert ("±" in text.heading(whole)) == (seeds > 1)
    assert ("too few" in text.heading(whole)) == (seeds == 1)


def test_the_frame_of_a_chart_is_the_same_while_points_come():
    whole = result_of(small_study())
    early = StudyResult(whole.config, [e for e in whole.events if getattr(e, "seed", 0) == 0])
    frames = [
        {
            k: v
            for k, v in study_charts.target(f, "images").items()
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
    assert "makes no difference" in text.heading(StudyResult(shipped.config, swapped))
    worse = [
        e.model_copy(update={"target": e.target - 0.1})
        if getattr(e, "regime", "") == "finetune"
        else e
        for e in shipped.events
    ]
    assert "**is in the way**" in text.heading(StudyResult(shipped.config, worse))


def test_the_csv_holds_every_point_and_the_command_makes_the_same_study():
    shipped = api.study(SHIPPED)
    lines = facts.curves_csv(shipped).splitlines()
    assert len(lines) == 1 + sum(
        len(shipped.curve(axis, regime)) for axis in AXES for regime in shipped.regimes
    )
    assert lines[1].startswith("images,scratch,1,,0.") and all(
        line.count(",") == lines[0].count(",") for line in lines
    )
    command = facts.command(shipped)
    assert "--dataset mnist --seeds 5 --protect lwf" in command and "--images 1,5,20,100" in command


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (tuple("01234"), "0–4"),
        (("bird", "cat"), "bird, cat"),
        (tuple("13579"), "1, 3, 5, 7, 9"),
        (("1",), "1"),
        (tuple("abcdefgh"), "8 classes from a to h"),
        (tuple("0123456789"), "0–9"),
    ],
)
def test_a_list_of_classes_is_short(names, expected):
    assert labels.class_list(names) == expected


def test_the_form_of_a_study_with_a_target_is_named_by_its_data_sets():
    config = study_config.make(dataset="mnist-sample", target="mnist")
    assert labels.study_title(StudyResult(config, [])) == "MNIST sample → MNIST"


@pytest.mark.parametrize("axis", AXES)
def test_a_study_of_a_pretrained_network_is_described_without_a_source(axis):
    config = study.resolve(pretrained_study())
    events = list(study.study(config))
    for count in range(1, len(events) + 1):
        so_far = StudyResult(config, events[:count])
        assert study_charts.target(so_far, axis)["datasets"].keys() >= {
            "points",
            "tooltips",
            "ends",
        }
        sentences = [
            text.heading(so_far),
            text.learning(so_far, axis),
            text.forward(so_far, axis),
            text.about(so_far, axis),
            text.progress(so_far, "running", 0)[1],
        ]
        assert all(sentences) and "None" not in " ".join(sentences)
    whole = StudyResult(config, events)
    assert "pretrained network" in text.heading(whole) and len(measures.measures(whole, axis)) == 2
    assert (
        "Pretrained" in labels.study_title(whole)
        and "--pretrained" in facts.command(whole)
        and "None" not in facts.command(whole)
    )
    rows = dict(facts.facts(whole))
    assert not {"Protected by", "Recipe"} & rows.keys() and rows["Learning rate"].startswith(
        "0.001; 0.00003 where"
    )
    _titles, *lines = facts.curves_csv(whole).splitlines()
    assert len(lines) > 6 and all(line.split(",")[2] in ("1", "2") for line in lines), (
        "there is no point of all images"
    )


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.0005, "0.0005"), (1e-6, "0.000001"), (0.1, "0.1")]
)
def test_a_learning_rate_that_was_given_is_shown_for_all_regimes(rate, expected):
    whole = StudyResult(study.resolve(pretrained_study(learning_rate=rate)), [])
    assert facts.learning_rate(whole.config) == expected and "smaller steps" not in text.legend(
        whole
    )


def test_the_form_makes_a_study_of_a_pretrained_network_of_any_data_set(worker):
    at = open_page("transfer", study="new")
    at.segmented_control(key="pair").set_value("own").run()
    at.selectbox(key="own_source").set_value("pretrained").run()
    at.selectbox(key="own_target").set_value("mnist-sample").run()
    assert "protect" not in {
        box.key for box in at.selectbox
    } and "There is no source to protect" in page_text(at)
    at.button(key="start_study").click().run()
    ((name, _),) = worker.orders
    config = api.study(name).config
    assert config.pretrained and config.run.target is None
    assert (config.run.dataset, config.run.model) == ("mnist-sample", "resnet50")


def test_the_network_follows_the_source_until_a_person_chooses_another(worker):
    at = open_page("transfer", study="new")
    for pair, network in (
        ("animals-to-vehicles", "resnet50"),
        ("digits", "mlp"),
        ("animals-to-vehicles", "resnet50"),
    ):
        at.segmented_control(key="pair").set_value(pair).run()
        assert at.segmented_control(key="study_model").value == network
    at.segmented_control(key="study_model").set_value("mlp").run()
    at.button(key="start_study").click().run()
    ((name, _),) = worker.orders
    run = api.study(name).config.run
    assert (run.model, run.dataset) == ("mlp", "cifar10")

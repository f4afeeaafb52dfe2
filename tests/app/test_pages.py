"""The Train and Inspect pages as a visitor uses them, and the charts they draw."""

import json
import os
import time

import pytest

from app.shared import navigate, setting_control, status
from app.views.train import strategy_form
from lifelong import api, config, metrics, registry
from lifelong.charts import chart_data, curve_charts, matrix_chart
from lifelong.events import ExtractingFeatures, Failed, Loading, Step
from lifelong.runs import checkpoints, journal
from lifelong.runs import store as run_store
from tests.app.helpers import button_keys, open_page, page_text
from tests.sample_files import image_bytes, image_folder, plain

SHIPPED = [
    "mnist-class-finetune",
    "mnist-class-ewc",
    "mnist-class-replay",
    "mnist-class-cumulative",
    "mnist-class-joint",
    "mnist-task-finetune",
    "mnist-task-ewc",
]
SMALL = {"dataset": "mnist-sample", "strategy": "finetune", "tasks": 3, "steps": 2}


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """Uses the embedded sample as data."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def new_run(learn: int = 0, begun: bool = False, **given) -> str:
    """Creates a run that has learned some tasks and, if begun, one step of the next."""
    folder = run_store.create(config.make(**{**SMALL, **given}))
    if learn:
        list(run_store.learn(folder, until=learn))
    if begun:
        list(run_store.learn(folder, stop=lambda: True))
    return folder.name


def record(run: str):
    """Returns the record file of a run."""
    return run_store.folder(run) / "record.jsonl"


@pytest.mark.parametrize("page", ["train", "inspect"])
@pytest.mark.parametrize("run", SHIPPED[::3])
def test_a_shipped_run_is_described_in_words_with_its_source(page, run):
    at = open_page(page, run=run)
    text = page_text(at)
    assert "averaged over the tasks" in text
    assert f"Data: {api.history(run).started.source}" in text
    assert at.get("vega_lite_chart")
    assert "undo" not in button_keys(at)


@pytest.mark.parametrize("run", ["no-such-run", "../../etc/passwd"])
@pytest.mark.parametrize("page", ["train", "inspect"])
def test_an_unknown_run_is_one_sentence_and_the_page_stays_usable(page, run):
    at = open_page(page, run=run)
    assert len(at.error) == 1 and "There is no run" in at.error[0].value
    assert at.radio(key="scenario") if page == "train" else at.selectbox(key="run_pick")


def test_a_label_that_is_no_option_any_more_is_no_choice(monkeypatch):
    went: list[dict[str, str]] = []
    monkeypatch.setattr(navigate, "navigate_to", lambda **address: went.append(address))
    navigate.navigate_to_choice("study", "MNIST · 3 seeds · e26980", ["transfer-mnist-e26980"])
    assert went == []
    navigate.navigate_to_choice("study", "transfer-mnist-e26980", ["transfer-mnist-e26980"])
    assert went == [{"study": "transfer-mnist-e26980"}]


@pytest.mark.parametrize("page", ["train", "inspect"])
def test_a_damaged_record_is_one_sentence(page):
    run = new_run(learn=1)
    record(run).write_text("not json\n")
    at = open_page(page, run=run)
    assert len(at.error) == 1 and "is not an event of a run" in at.error[0].value


@pytest.mark.parametrize(
    ("query", "warned"),
    [
        ({"task": "99"}, True),
        ({"task": "x"}, True),
        ({"task": "-1"}, True),
        ({"task": "2", "after": "1"}, True),
        ({"task": "1", "after": "3"}, False),
    ],
)
def test_a_task_that_the_run_does_not_have_is_a_warning(query, warned):
    at = open_page("inspect", run="mnist-class-finetune", **query)
    assert bool(at.warning) == warned


def test_the_address_highlights_a_task_and_a_moment():
    at = open_page("inspect", run="mnist-class-finetune", task="0", after="1")
    assert "This is where it fell most" in page_text(at)
    chart = b"".join(data.data.data for data in at.get("vega_lite_chart")[0].proto.datasets)
    assert " → ".encode() in chart


def test_choosing_a_task_and_another_run_goes_into_the_address():
    at = open_page("inspect", run="mnist-class-finetune")
    at.pills(key="task").set_value(1).run()
    assert at.query_params["task"] == "1"
    assert "fell most while Task 3" in page_text(at)
    at.selectbox(key="run_pick").set_value("mnist-class-ewc").run()
    assert at.query_params["run"] == "mnist-class-ewc" and "task" not in at.query_params


def test_every_metric_is_shown_with_its_meaning():
    at = open_page("inspect", run="mnist-class-finetune")
    shown = {metric.label for metric in at.metric}
    history = api.history("mnist-class-finetune")
    values = history.measures(api.history("mnist-class-cumulative"))
    assert {m.title for m in api.metrics() if values[m.name] is not None} == shown
    assert {"Forgotten", "Harder question", "Within-task accuracy", "Stability gap"} <= shown
    assert all(metric.help for metric in at.metric)


@pytest.fixture
def worst_accuracy(monkeypatch):
    """A metric declared in another package."""

    @metrics.metric(title="Worst", meaning="Accuracy on the worst task.", lower_is_better=False)
    def worst_accuracy(accuracy):
        return min(metrics.learned_rows(accuracy)[-1])

    found = {"worst_accuracy": worst_accuracy}
    monkeypatch.setattr(registry, "load_entry_points", lambda kind, taken: found)
    metrics.all_metrics.cache_clear()
    yield
    metrics.all_metrics.cache_clear()


@pytest.mark.usefixtures("worst_accuracy")
def test_a_metric_of_another_package_is_shown():
    shown = {metric.label: metric for metric in open_page("inspect", run=SHIPPED[0]).metric}
    accuracy = api.history(SHIPPED[0]).learned[-1].accuracy
    assert shown["Worst"].value == f"{100 * min(accuracy):.1f}".removesuffix(".0") + "\u00a0%"
    assert shown["Worst"].help == "Accuracy on the worst task."


def choose(at, info):
    """Selects a strategy on the page: first its family, then the strategy."""
    at.segmented_control(key="family").set_value(info.family).run()
    at.pills(key="strategy").set_value(info.name).run()


@pytest.mark.parametrize("scenario", list(api.SCENARIOS))
def test_choosing_an_idea_shows_its_strategies_and_nothing_else(scenario):
    at = open_page("train")
    at.radio(key="scenario").set_value(scenario).run()
    infos = api.strategies(scenario)
    assert (
        at.segmented_control(key="family").value == "baseline"
        and at.pills(key="strategy").value == "finetune"
    )
    for family in dict.fromkeys(info.family for info in infos):
        at.segmented_control(key="family").set_value(family).run()
        members = [info for info in infos if info.family == family]
        assert at.pills(key="strategy").options == [info.title for info in members]
        assert at.pills(key="strategy").value == members[0].name
        assert not at.exception and api.FAMILIES[family] in page_text(at)


@pytest.mark.parametrize("scenario", list(api.SCENARIOS))
def test_every_setting_of_every_strategy_has_a_control_with_the_scenario_default(scenario):
    at = open_page("train")
    at.radio(key="scenario").set_value(scenario).run()
    for info in filter(lambda info: info.settings, api.strategies(scenario)):
        choose(at, info)
        assert not at.exception
        assert (
            info.summary in page_text(at)
            and info.stores in page_text(at)
            and info.costs in page_text(at)
        )
        controls = {
            control.key: control.value
            for control in [*at.select_slider, *at.slider, *at.segmented_control]
        }
        for setting in info.settings:
            assert (
                controls[strategy_form.setting_key(info.name, scenario, setting.name)]
                == setting.default
            )


def test_where_the_quick_recipe_is_too_short_the_form_says_so():
    at = open_page("train")
    choose(at, next(info for info in api.strategies("class") if info.name == "dgr"))
    assert any("too short for its generator" in info.value for info in at.info)
    at.segmented_control(key="recipe").set_value("paper").run()
    assert not at.info


def test_the_transfer_scenario_has_two_tasks():
    at = open_page("train")
    assert at.slider(key="tasks").value == 5
    at.radio(key="scenario").set_value("transfer").run()
    assert at.slider(key="tasks").value == 2
    assert {"scratch", "frozen", "finetune"} <= {info.name for info in api.strategies("transfer")}


@pytest.mark.parametrize(("button", "until"), [("learn_all", None), ("learn_next", 1)])
def test_a_learn_button_makes_the_run_that_was_chosen(worker, button, until):
    at = open_page("train")
    choose(at, next(info for info in api.strategies("class") if info.name == "ewc"))
    at.select_slider(key="setting-ewc-class-strength").set_value(5e8)
    at.number_input(key="seed").set_value(3).run()
    at.button(key=button).click().run()
    assert not at.exception
    ((run, goal),) = worker.orders
    assert goal == until and at.query_params["run"] == run
    chosen = api.history(run).config
    assert (chosen.strategy, chosen.settings, chosen.seed, chosen.tasks) == (
        "ewc",
        {"strength": 5e8, "estimator": "exact"},
        3,
        5,
    )


# Position in the queue, last event of the record, and what the page says.
PREPARATIONS = [
    (
        0,
        Loading(
            what="Downloading CIFAR-10", unit="B", done=63_400_000, total=170_498_071, seconds=10.0
        ),
        "Downloading CIFAR-10: 37\u00a0%, 63.4 MB of 170 MB, about 15 s left. This is done once",
    ),
    (
        0,
        Loading(what="Unpacking CIFAR-10", unit="B", done=0, total=0, seconds=0.0),
        "Unpacking CIFAR-10 …",
    ),
    (
        0,
        Loading(
            what="Decoding the images of CIFAR-10",
            unit="image",
            done=15_000,
            total=60_000,
            seconds=2.0,
        ),
        "Decoding the images of CIFAR-10: 25\u00a0%, 15,000 of 60,000, about 5 s left",
    ),
    (
        0,
        ExtractingFeatures(done=0, total=62_000, seconds=0.0),
        "Images through the backbone: 0\u00a0%, 0 of 62,000. This is done once",
    ),
    (
        0,
        ExtractingFeatures(done=31_000, total=62_000, seconds=120.0, batch_limit=50),
        "50\u00a0%, 31,000 of 62,000, about 2 min left. This is done once; every run after finds "
        "the features. Out of memory: batch size reduced to 50.",
    ),
]


def test_a_refusal_is_shown_and_the_form_stays(monkeypatch, tmp_path):
    at = open_page("train")
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIFELONG_RUNS", str(tmp_path / "file"))
    at.button(key="learn_all").click().run()
    assert "could not be made" in at.error[0].value and at.radio(key="scenario")


@pytest.mark.parametrize(
    ("position", "event", "text"),
    [(0, None, "Loading images"), (2, None, "number 2 in the queue"), *PREPARATIONS],
)
def test_a_run_at_work_shows_its_progress_and_a_stop_button(worker, position, event, text):
    run = new_run()
    if event is not None:
        journal.append(record(run), event)
    worker.positions[run] = position
    at = open_page("train", run=run)
    assert text in at.get("progress")[0].proto.text
    at.button(key="stop").click().run()
    assert worker.stopped == [run]


@pytest.mark.parametrize(
    ("learn", "begun", "text"),
    [
        (0, False, "has not begun"),
        (1, False, "1 task of 3 learned. It goes on at the start of task 2."),
        (1, True, "Stopped in task 2, step 1 of 2. It can go on from there."),
    ],
)
def test_a_run_at_rest_says_where_it_stands(learn, begun, text):
    at = open_page("train", run=new_run(learn, begun))
    assert text in page_text(at)
    assert {"learn_all", "learn_next", "new_run"} <= button_keys(at)
    assert ("undo" in button_keys(at)) == bool(learn or begun)


def test_a_failed_run_tells_why_and_can_try_again():
    run = new_run(learn=1)
    journal.append(record(run), Failed(message="The disk is full."))
    at = open_page("train", run=run)
    assert "The disk is full. 1 task of 3 learned" in at.error[0].value
    assert "learn_all" in button_keys(at)


def test_a_run_that_diverged_is_offered_at_half_the_learning_rate_and_not_to_go_on(worker):
    run = new_run(learn=1)
    sentence = "ewc diverged in task 2 at step 1 of 2: the loss is not a finite number."
    journal.append(record(run), Failed(message=sentence, diverged=True))
    at = open_page("train", run=run)
    assert at.error[0].value.endswith("With the same settings it would diverge there again.")
    assert "go on at" not in page_text(at)
    assert not {"learn_all", "learn_next"} & button_keys(at)
    assert at.button(key="next_step").label == "Same with a learning rate of 0.0005"
    at.button(key="next_step").click().run()
    ((ordered, _),) = worker.orders
    before, after = api.history(run).config, api.history(ordered).config
    assert after == before.with_changes(learning_rate=0.0005)


def test_a_run_that_makes_no_progress_says_so_and_its_process_can_be_ended(worker):
    run = new_run(learn=1)
    worker.positions[run] = 0
    assert "end_process" not in button_keys(open_page("train", run=run))
    worker.seconds = 75.0
    for name in (".progress", "record.jsonl"):
        os.utime(record(run).parent / name, (1, 1))
    at = open_page("train", run=run)
    assert at.warning[0].value == (
        "No sign of progress for 75 s. It may hang: end its process, and the run can go on at the"
        " start of task 2."
    )
    at.button(key="end_process").click().run()
    assert worker.killed == [run]


def test_a_run_that_was_refused_says_why(worker):
    run = new_run()
    worker.errors[run] = "The folder of a-run cannot be written to (Read-only file system)."
    assert worker.errors[run] in open_page("train", run=run).error[0].value


def test_an_interrupted_run_says_that_it_was_cut_off():
    run = new_run(learn=1, begun=True)
    record(run).write_bytes(b"\n".join(record(run).read_bytes().split(b"\n")[:-2]) + b"\n")
    at = open_page("train", run=run)
    text = page_text(at)
    assert "was cut off in task 2, step 1 of 2" in text and "It can go on from there." in text
    assert {"learn_all", "undo"} <= button_keys(at)


def test_a_run_that_was_cut_off_says_at_which_step_it_goes_on():
    run = new_run(learn=1, begun=True)
    reached = Step(task=1, step=2, steps=2, loss=1.0, probe=(1.0, 1.0), seconds=1.0)
    journal.rewrite(record(run), [*api.history(run).events[:-1], reached])
    at = open_page("train", run=run)
    assert "cut off in task 2, step 2 of 2" in page_text(at)
    assert "It goes on at task 2, step 1 of 2." in page_text(at)
    checkpoints.interrupted_file(record(run).parent).unlink()
    assert "It goes on at the start of task 2." in page_text(open_page("train", run=run))


def test_a_run_with_a_damaged_state_says_where_it_goes_on_and_then_where_it_did():
    run = new_run(learn=2)
    file = checkpoints.resume_file(record(run).parent, 1)
    file.write_bytes(file.read_bytes()[:-9])
    text = page_text(open_page("train", run=run))
    assert "It goes on at the start of task 2: checkpoints to go on from later are" in text
    list(run_store.learn(record(run).parent))
    text = page_text(open_page("train", run=run))
    assert "resume-1.safetensors was missing or damaged, so it went on at the start of" in text


def test_undo_takes_back_the_last_task():
    run = new_run(learn=2)
    at = open_page("train", run=run)
    assert at.button(key="undo").label == "Undo task 2"
    at.button(key="undo").click().run()
    assert not at.exception and len(api.history(run).learned) == 1


def test_a_new_run_starts_from_the_choices_of_the_one_before():
    at = open_page("train", run="mnist-class-ewc")
    at.button(key="new_run").click().run()
    assert not at.exception and "run" not in at.query_params
    assert at.pills(key="strategy").value == "ewc"


@pytest.fixture
def own(monkeypatch, tmp_path):
    """LIFELONG_DATA with one valid data set of two classes and one that is broken."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    for name in ("train/cat", "test/cat", "train/dog", "test/dog"):
        image_folder(tmp_path / "data" / "pets" / name, {"0.png": image_bytes(plain(9))})
    image_folder(tmp_path / "data" / "torn", {"train/cat/0.png": b""})


def test_the_form_offers_what_people_brought_with_no_more_tasks_than_classes(own):
    at = open_page("train")
    assert at.segmented_control(key="dataset").options == [
        "MNIST",
        "MNIST sample",
        "CIFAR-10",
        "Fashion-MNIST",
        "CIFAR-100",
        "KMNIST",
        "EMNIST Letters",
        "SVHN",
        "Permuted MNIST",
        "Rotated MNIST",
        "Toy patterns",
        "Other toy patterns",
        "Toy pictures",
        "pets",
        "torn",
    ]
    at.segmented_control(key="dataset").set_value("pets").run()
    assert (
        "Your own images, 2 classes." in page_text(at)
        and at.slider(key="tasks").max == at.slider(key="tasks").value == 2
    )
    at.radio(key="scenario").set_value("transfer").run()
    assert not at.exception and "2 tasks of one class each" in page_text(at)
    at.segmented_control(key="dataset").set_value("mnist-sample").run()
    assert at.slider(key="tasks").max == 10
    at.segmented_control(key="dataset").set_value("torn").run()
    assert not at.exception and [error.value for error in at.error] == [
        "torn has no folder test; put images into test/<class>/, a folder for each class."
    ]
    at.button(key="learn_all").click().run()
    assert (
        not at.exception
        and "run" not in at.query_params
        and "torn has no folder test" in page_text(at)
    )


def test_the_form_says_what_happens_where_a_data_set_is_not_on_this_machine(monkeypatch):
    at = open_page("train")
    at.segmented_control(key="dataset").set_value("cifar10").run()
    assert "Not on this machine, and it may not be downloaded." in page_text(at)
    monkeypatch.delenv("LIFELONG_OFFLINE")
    assert "Not on this machine yet: it is downloaded first, 170 MB." in page_text(at.run())
    at.segmented_control(key="dataset").set_value("mnist").run()
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    assert "the embedded sample stands in" in page_text(at.run())


def test_the_network_follows_the_data_set_until_a_person_chooses_another(own):
    at = open_page("train")
    for dataset, network in (
        ("cifar10", "resnet50"),
        ("pets", "resnet50"),
        ("mnist-sample", "mlp"),
    ):
        at.segmented_control(key="dataset").set_value(dataset).run()
        assert at.segmented_control(key="model").value == network
    at.segmented_control(key="model").set_value("resnet50").run()
    at.segmented_control(key="recipe").set_value("paper").run()
    assert at.segmented_control(key="model").value == "resnet50"


def test_the_form_goes_back_to_mnist_when_the_data_set_of_a_run_is_gone(own, monkeypatch, tmp_path):
    run = new_run(dataset="pets", tasks=2)
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "elsewhere"))
    at = open_page("train", run=run)
    at.button(key="new_run").click().run()
    assert not at.exception and at.segmented_control(key="dataset").value == "mnist"


def test_the_worker_learns_what_the_button_asked_for(worker_process):
    at = open_page("train")
    at.segmented_control(key="dataset").set_value("mnist-sample").run()
    at.slider(key="tasks").set_value(2).run()
    at.button(key="learn_next").click().run()
    assert not at.exception
    run = at.query_params["run"]
    give_up = time.monotonic() + 60
    while api.state(run) in ("running", "waiting") and time.monotonic() < give_up:
        time.sleep(0.1)
    at.run()
    assert "1 task of 2 learned" in page_text(at) and "sample" in page_text(at)


def test_curves_have_a_row_for_each_task_and_each_later_moment():
    history = api.history("mnist-class-finetune")
    assert len(chart_data.curve_rows(history)) == 15
    spec = json.dumps(
        curve_charts.forgetting_curves(
            history, api.history("mnist-class-cumulative"), highlight=0, picked=(0, 1)
        ).to_dict(validate=True)
    )
    assert "chance 10" in spec and "cumulative" in spec and " \\u2192 " in spec
    assert '"name": "pick"' in spec and '"fields": ["task", "after"]' in spec


@pytest.mark.parametrize("run", SHIPPED)
def test_every_chart_of_every_run_is_valid_and_described(run):
    history = api.history(run)
    all_charts = [
        curve_charts.forgetting_curves(history),
        curve_charts.live_curves(history, 1),
        matrix_chart.forgetting_matrix(history),
        matrix_chart.forgetting_matrix(history, drop=True, picked=(0, 2)),
    ]
    for chart in all_charts:
        spec = chart.to_dict(validate=True)
        assert len(spec["description"]) > 40 and spec["width"] == "container"


@pytest.mark.parametrize(
    "given",
    [
        {"tasks": 1},
        {"tasks": 10},
        {"scenario": "transfer", "tasks": 2},
        {"scenario": "domain"},
        {"seed": 7},
    ],
)
def test_charts_and_pages_of_unusual_runs(given):
    finished = new_run(learn=given.get("tasks", 3), **given)
    for run in (finished, new_run(**given), new_run(begun=True, **given)):
        history = api.history(run)
        learned, probes = len(history.learned), sum(len(step.probe) for step in history.steps)
        curves = curve_charts.forgetting_curves(history).to_dict(validate=True)
        matrix = matrix_chart.forgetting_matrix(history).to_dict(validate=True)
        live = curve_charts.live_curves(history).to_dict(validate=True)
        for spec in (curves, matrix):
            # The data of a chart without rows is left out.
            sizes = {len(rows) for rows in spec.get("datasets", {}).values()} | {0}
            assert learned * (learned + 1) // 2 in sizes
        assert len(live["datasets"]["probes"]) == probes
    assert "the model gets" in page_text(open_page("inspect", run=finished))


def test_of_many_evaluations_a_chart_shows_so_many_and_keeps_them_as_the_run_goes_on():
    most = chart_data.MOST_MOMENTS

    def shown(count: int) -> list[int]:
        every = [
            Step(task=0, step=k + 1, steps=9 * most, loss=0.0, probe=(0.5,), seconds=float(k))
            for k in range(count)
        ]
        history = api.History(api.DEFAULTS, every)
        points = chart_data.live_rows(history, [0])
        assert len(points) == len(chart_data.live_tooltips(history, [0]))
        return [each.step for each in chart_data.shown_steps(history)]

    assert shown(0) == [] and shown(1) == [1] and shown(most) == list(range(1, most + 1))
    for count in (most + 1, 2 * most, 2 * most + 1, 7 * most):
        assert most / 2 <= len(shown(count)) <= most + 1 and shown(count)[-1] == count
        assert set(shown(count - 1)) >= set(shown(count)[:-1]), "what is shown stays"


def test_the_live_frame_is_the_same_while_the_run_goes_on():
    run = new_run(learn=1)
    before = curve_charts.live_spec(api.history(run))
    list(run_store.learn(run_store.folder(run), until=2))
    after = curve_charts.live_spec(api.history(run))
    moving = {"probes", "tooltips"}
    assert {k: v for k, v in before.items() if k != "datasets"} == {
        k: v for k, v in after.items() if k != "datasets"
    }
    assert all(
        before["datasets"][name] == after["datasets"][name]
        for name in before["datasets"].keys() - moving
    )
    assert len(after["datasets"]["probes"]) > len(before["datasets"]["probes"])


def test_labels_never_stand_closer_than_they_may():
    heights = [
        row["accuracy"]
        for row in chart_data.end_labels(
            [(f"Task {i}", 0.9 + i / 50) for i in range(5)] + [("chance", 0.1)]
        )
    ]
    assert all(b - a >= 0.05 - 1e-9 for a, b in zip(heights, heights[1:])) and max(heights) <= 1


def test_time_left_grows_with_tasks_that_take_longer_and_longer():
    history = api.history("mnist-class-cumulative")
    first = api.History(history.config, [e for e in history.events if getattr(e, "task", 0) < 2])
    steady = 3 * (first.learned[1].seconds - first.learned[0].seconds)
    assert status.seconds_left(first, 5) > steady
    assert status.seconds_left(first, 2) == 0


def test_a_slider_over_powers_of_ten_reaches_its_ends_and_its_default():
    setting = next(info for info in api.strategies("class") if info.name == "ewc").settings[0]
    steps = setting_control.ladder(setting, 123.0)
    assert (
        steps[0] == setting.low
        and steps[-1] == setting.high
        and {setting.default, 123.0} <= set(steps)
    )

"""The Inspect page: lost accuracy in two parts, and the answers that each class got."""

import re
from statistics import fmean

import numpy as np
import pytest
from altair.utils.schemapi import SchemaValidationError

from app.shared import labels
from app.views.inspect import inside, words
from lifelong import api, config
from lifelong.api import Confusion, Drop, History
from lifelong.charts import answer_charts, drop_chart, long_runs, network_charts
from lifelong.events import Started
from lifelong.formatting import percent, points, signed_number
from lifelong.inference.network_state import FeatureMap, LayerChange
from lifelong.inference.verification import Verification
from lifelong.runs import store as run_store
from tests.app.helpers import button_keys, chart_specs, open_page, page_text

SMALL = {"dataset": "mnist-sample", "tasks": 3, "steps": 4}
# Two tasks of two classes: 0 is called 2, 1 stays, and the new ones are right but for one.
CONFUSION = Confusion(
    ("0", "1", "2", "3"),
    ("0", "1", "2", "3"),
    (0, 0, 1, 1),
    (0, 1, 2, 3),
    ((1, 0, 6, 3), (0, 9, 1, 0), (0, 0, 10, 0), (0, 0, 1, 9)),
)
DROPS = [
    Drop(0.5, 0.1, 0.4),
    Drop(0.1, 0.2, -0.1),
    Drop(-0.05, -0.03, -0.02),
    Drop(0.3, 0.3, 0.0),
    Drop(0.0, 0.0, 0.0),
]


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """Uses the embedded sample as data."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def learned(strategy: str, **given) -> str:
    folder = run_store.create(config.make(**SMALL | {"strategy": strategy} | given))
    list(run_store.learn(folder))
    return folder.name


@pytest.fixture
def pair() -> str:
    """A run beside its reference run."""
    learned("cumulative")
    return learned("finetune")


def test_the_parts_of_a_bar_add_up_to_the_drop():
    history = api.history("mnist-class-finetune")
    rows = drop_chart.drop_rows(history, DROPS)
    for task, drop in enumerate(DROPS[:-1]):
        sizes = {r["part"]: r["to"] - r["from"] for r in rows if r["task"] == task}
        assert sizes == {
            "harder question": pytest.approx(drop.harder),
            "forgotten": pytest.approx(drop.forgotten),
        }
        assert sum(sizes.values()) == pytest.approx(drop.drop)
        if drop.harder * drop.forgotten > 0:  # one follows the other, so the ends show the drop
            assert rows[2 * task + 1]["to"] == pytest.approx(drop.drop)
    assert not any(r["task"] == len(DROPS) - 1 for r in rows), "the last task has no drop yet"


def test_the_split_says_what_the_drops_say():
    text = words.split(DROPS)
    total, harder, forgotten = (
        fmean(getattr(d, part) for d in DROPS[:-1]) for part in ("drop", "harder", "forgotten")
    )
    assert f"lost {points(total)} on average" in text
    assert f"{points(harder)} is a harder question" in text and f"**{points(forgotten)}**" in text


@pytest.mark.parametrize(
    ("drop", "says"),
    [
        (Drop(0.2, 0.2, 0.0), "Next to nothing was forgotten"),
        (Drop(0.1, 0.2, -0.1), "nothing was forgotten"),
        (Drop(0.2, 0.0, 0.2), "became hardly harder"),
        (Drop(0.1, -0.1, 0.2), "gained 10 points meanwhile"),
        (Drop(-0.2, 0.0, -0.2), "gained 20 points"),
    ],
)
def test_each_kind_of_drop_has_its_own_words(drop, says):
    assert says in words.split([drop, Drop(0, 0, 0)]).replace("\u00a0", " ")


def test_a_run_that_lost_only_what_cumulative_training_lost_forgot_nothing():
    assert words.heading([Drop(0.2, 0.2, 0.0), Drop(0, 0, 0)]) == "It forgot nothing"
    assert words.heading([Drop(0.2, 0.1, 0.1), Drop(0, 0, 0)]) == "What it forgot"
    assert words.heading(None) == words.heading([Drop(0, 0, 0)]) == "What became of each task"


FIRST_TASK = Confusion(  # with the recipe paper: classes that are yet to come are answers
    ("0", "1"), ("0", "1", "2", "3"), (0, 0), (0, 1), ((1, 0, 6, 3), (0, 9, 1, 0))
)


@pytest.mark.parametrize("confusion", [CONFUSION, FIRST_TASK], ids=["all tasks", "first task"])
def test_the_ends_of_the_flow_are_all_images(confusion):
    rows, total = answer_charts.ribbon_rows(confusion), sum(confusion.images)
    columns = [sum(column) for column in zip(*confusion.counts)]
    for at, parts in ((0.0, confusion.images), (1.0, columns)):
        ends = {row["ribbon"]: row["high"] - row["low"] for row in rows if row["x"] == at}
        height = 1 - answer_charts.GAP * (len(parts) - 1)
        assert sum(ends.values()) == pytest.approx(height), "100 % of the images"
        for ribbon, width in ends.items():
            i, c = map(int, ribbon.split("-"))
            assert width / height == pytest.approx(confusion.counts[i][c] / total)
        # Ribbons lie side by side.
        edges = sorted((row["low"], row["high"]) for row in rows if row["x"] == at)
        assert all(high <= low + 1e-9 for (_, high), (low, _) in zip(edges, edges[1:]))
    assert len({row["ribbon"] for row in rows}) == sum(map(bool, sum(confusion.counts, ())))
    for row in rows:
        i, c = map(int, row["ribbon"].split("-"))
        assert (row["kind"] == "right") == (c == confusion.correct[i])


def test_charts_of_answers_drops_and_layers_are_valid():
    """The pages do not compare them with the schema of Vega-Lite."""
    history, classes = api.history("mnist-class-finetune"), dict.fromkeys("0123", 0.25)
    changes = [LayerChange(task, "layer 1", 0.5) for task in range(5)]
    points = np.arange(24, dtype=float).reshape(1, 12, 2)
    features = FeatureMap(points, tuple("0123" * 3), (0, 0, 1, 1) * 3, 0.8)
    for chart in (
        answer_charts.flow(CONFUSION, 1),
        answer_charts.matrix(CONFUSION, 1),
        answer_charts.mean_bars(classes, {"0": 0, "1": 0, "2": 1}),
        drop_chart.drop_bars(history, DROPS, 1),
        network_charts.layer_bars(changes, "abcde", "a note"),
        network_charts.feature_points(features, 0, 1),
    ):
        assert chart.to_dict(validate=True)["height"] > 100
    wrong = answer_charts.flow(CONFUSION)
    wrong["padding"] = "none"
    with pytest.raises(SchemaValidationError):
        wrong.to_dict(validate=True)


def test_of_many_tasks_the_facts_name_the_first_ones_and_the_last():
    many, few = (
        dict(labels.facts(History(config.make(tasks=count), [_started(count)])))["Tasks"]
        for count in (100, 20)
    )
    assert many == "100: Task 1 (0); Task 2 (1); Task 3 (2); … Task 100 (99)"
    assert few.startswith("Task 1 (0); ") and few.endswith("; Task 20 (19)")


def _started(tasks: int) -> Started:
    labels = tuple((task,) for task in range(tasks))
    return Started(
        classes=tuple((str(task),) for task in range(tasks)), labels=labels, source="made up",
        images=(20, 20), shape=(1, 6, 6), parameters=100, random_init_accuracy=(0.5,) * tasks,
    )  # fmt: skip


def test_a_row_of_the_matrix_has_the_shares_of_its_class():
    datasets = answer_charts.matrix(CONFUSION).to_dict()["datasets"].values()
    (cells,) = [rows for rows in datasets if "share" in rows[0]]
    for i, counts in enumerate(CONFUSION.counts):
        shares = [cell["share"] for cell in cells if cell["row"] == i]
        assert sum(shares) == pytest.approx(1) and len(shares) == len(counts)
        assert shares == pytest.approx([count / sum(counts) for count in counts])


def test_an_answer_of_the_flow_is_named_with_its_share_of_all_images():
    names = [row["text"] for row in answer_charts.name_rows(CONFUSION) if row["x"] == 1]
    assert [name.replace("\u00a0", " ") for name in names[2:]] == ["2 45 %", "3 30 %"]


def test_where_it_went_says_what_the_matrix_says():
    text = words.answers(CONFUSION, "0")
    assert text.replace("\u00a0", " ") == (
        "Test images of **0** are called 2 (60 %), 3 (30 %), 0 (10 %)."
    )
    assert words.where(CONFUSION, None) == text, "of all, the class that lost most"
    assert "**2**" in words.where(CONFUSION, 1) and "**0**" not in words.where(CONFUSION, 1)


@pytest.mark.parametrize(("newest", "bias"), [(0.5, False), (0.8, True)])
def test_a_recency_bias_is_named_where_there_is_one(newest, bias):
    shares = {"0": (1 - newest) / 2, "1": (1 - newest) / 2, "2": newest / 2, "3": newest / 2}
    text = words.recency(shares, CONFUSION)
    assert percent(newest) in text and ("recency bias" in text) == bias


def test_the_page_shows_the_split_and_the_answers_after_each_task(pair):
    at = open_page("inspect", run=pair, task="0")
    text = page_text(at)
    drops = api.drops(pair)[-1]
    assert words.split(drops).replace("\u00a0", " ") in text
    assert words.where(api.confusion(pair, 2), 0).replace("\u00a0", " ") in text
    at.select_slider(key="moment").set_value(0).run()
    assert words.where(api.confusion(pair, 0), 0).replace("\u00a0", " ") in page_text(at)
    at.segmented_control(key="matrix").set_value("Forgotten").run()
    specs = [spec for spec in chart_specs(at) if "Forgotten" in spec.get("description", "")]
    last = specs[0]["description"].partition("Last row: ")[2]
    assert re.findall(r": (.*?)[;.](?: |$)", last) == [
        signed_number(drop.forgotten).removeprefix("+") for drop in drops
    ]


def test_the_address_restores_all_that_was_chosen(pair):
    at = open_page("inspect", run=pair, task="0", after="1")
    at.segmented_control(key="view").set_value("Confusion matrix").run()
    at.segmented_control(key="matrix").set_value("Change since learned").run()
    at.select_slider(key="moment").set_value(2).run()
    # Without a browser the widgets that are bound to the address do not change it.
    chosen = {"view": "Confusion matrix", "matrix": "Change since learned"}
    address = {"run": pair, "task": "0", "after": "1", "moment": "2", **chosen}
    kept = {
        name: value if isinstance(value, str) else value[-1]
        for name, value in at.query_params.items()
    }
    assert kept.items() <= address.items() and kept["moment"] == "2"
    again = open_page("inspect", **address)
    assert page_text(again) == page_text(at) and again.select_slider(key="moment").value == 2
    assert chart_specs(again) == chart_specs(at)
    # Another selection is shown in all parts.
    again.pills(key="after").set_value(1).run()
    again.pills(key="after").set_value(2).run()
    again.pills(key="after").set_value(1).run()
    assert again.select_slider(key="moment").value == 1 and "moment" not in again.query_params


def test_playing_goes_through_all_moments_and_stops(pair):
    at = open_page("inspect", run=pair)
    at.button(key="play").click().run()
    seen = [at.session_state["moment"]]
    while at.session_state["playing"] and len(seen) < 5:
        at.run()
        seen.append(at.session_state["moment"])
    assert seen == [0, 1, 2] and not at.session_state["playing"]


def test_a_missing_reference_can_be_trained_from_the_page(worker):
    run = learned("finetune", seed=3)
    at = open_page("inspect", run=run)
    assert "how much of a drop" in page_text(at).lower() and "reference" in button_keys(at)
    wanted = api.reference_config(run)
    at.button(key="reference").click().run()
    [made] = [row.id for row in api.run_list() if row.strategy == "cumulative" and not row.shipped]
    made_config = api.history(made).config
    assert made_config.class_order == wanted.class_order and made_config.seed == wanted.seed
    assert api.history(made).is_reference_of(api.history(run)) or not api.history(made).learned


def test_a_record_without_a_confusion_matrix_says_so(pair):
    folder = run_store.folder(pair)
    file = folder / "record.jsonl"
    file.write_text(re.sub(r',"confusion":\[.*?\](?=,"|\})', "", file.read_text()))
    assert words.NO_CONFUSION in page_text(open_page("inspect", run=pair))


def test_the_evidence_says_how_many_images_were_lost(pair):
    at = open_page("inspect", run=pair, task="0", after="2")
    found = api.insight.evidence(pair, 0, 2)
    assert f"{found.lost:,} that were right have become wrong" in page_text(at)
    assert found.lost > 24 and "24 of them are shown" in page_text(at)
    assert "choose a later moment" in page_text(open_page("inspect", run=pair, task="1", after="1"))


def test_the_network_is_shown_as_it_moved_and_with_what_it_keeps():
    run = learned("replay", settings={"per_class": 3})
    at = open_page("inspect", run=run)
    changes = api.insight.layer_changes(run)
    most = max(changes, key=lambda change: change.change)
    text = page_text(at)
    assert f"{most.layer.capitalize()} moved furthest while Task {most.task + 1}" in text
    assert words.album(
        api.insight.stored_images(run, 2), inside.MOST_IMAGES, inside.MOST_ROWS
    ).startswith("30 images of 10 classes")
    sheet = inside.album(api.insight.stored_images(run, 2))
    assert sheet.shape == (10 * 30, inside.MOST_IMAGES * 30, 3)
    at.segmented_control(key="view").set_value("Features").run()
    assert words.features(api.insight.feature_map(run), 2).replace("\u00a0", " ") in page_text(at)
    assert words.NO_LAYER_MOVED in page_text(open_page("inspect", run="mnist-class-analytic"))


def test_what_is_held_firmly_is_dark():
    picture = inside.heat(np.array([[0.0, 1.0], [0.25, 0.5]]))
    assert picture.shape == (16, 16, 3)
    assert list(picture[0, 0]) == [255] * 3 and list(picture[0, 8]) == list(inside.BLUE)


def test_a_checkpoint_is_verified_from_the_page(pair):
    at = open_page("inspect", run=pair, task="0", after="1")
    assert "evaluated just now" not in page_text(at)
    text = page_text(at.button(key="verify").click().run())
    assert "The checkpoint after Task 2" in text and "equal on every task, to the image" in text


@pytest.mark.parametrize(
    ("found", "same_images", "says"),
    [(0.5, True, "equal on every task"), (0.4, True, "not the same"), (0.4, False, "other images")],
)
def test_a_verification_says_whether_it_agrees(found, same_images, says):
    history = api.history("mnist-class-finetune")
    verified = Verification(100, (0.5, 0.5), (found, 0.5), same_images)
    assert says in words.verified(history, verified, 1)


def test_an_album_of_many_classes_names_those_that_it_shows():
    images = {str(label): np.zeros((2, 1, 4, 4)) for label in range(100)}
    text = words.album(images, inside.MOST_IMAGES, 3)
    assert text == "200 images of 100 classes, the first 3 of them: 0, 1, 2."


def test_of_many_tasks_eight_and_the_one_looked_at_are_drawn_and_counted():
    many, few = (History(config.make(tasks=count), []) for count in (100, 20))
    assert long_runs.drawn_note(few) == "" and long_runs.drawn_tasks(few) == list(range(20))
    assert long_runs.drawn_note(many) == "8 of 100 tasks"
    assert long_runs.drawn_note(many, 3) == "9 of 100 tasks"
    assert long_runs.drawn_note(many, 99) == "8 of 100 tasks"

"""The Compare page as a visitor uses it, and its sentences, table, charts and files."""

import csv
import io
import json
import re

import pytest

from app.views.compare import choice as choices
from app.views.compare import (
    configurations,
    curve_data,
    curves,
    exports,
    lever,
    marks,
    race,
    scatter,
    summary,
    table,
    text,
)
from app.views.compare.completed import completed
from app.views.compare.summary import Value
from lifelong import api
from lifelong.formatting import duration, percent
from lifelong.runs import store as run_store
from tests.app.helpers import button_keys, chart_specs, open_page, page_text
from tests.helpers import config, learned_run
from tests.runs.test_many_tasks import record

# What all runs of a race have in common.
SAME_IN_A_RACE = ("dataset", "scenario", "recipe", "model", "tasks", "steps", "learning_rate")
FORGETS, REPLAYS, REFERENCE = (
    f"mnist-class-{name}" for name in ("finetune", "replay", "cumulative")
)


def histories(*runs):
    """Returns the histories of runs by their ids, as the page reads them."""
    return {run: completed(api.history(run)) for run in runs}


def grouped(*runs):
    return configurations.grouped(histories(*runs))


def summed(*runs, after=None, reference=None):
    """Returns the summaries of runs at a moment, by default the last common one."""
    shown = grouped(*runs)
    candidates = [api.history(reference)] if reference else []
    found = summary.references(shown, candidates)
    return summary.summaries(shown, after or summary.common_moment(shown), found)


def toy_runs(*strategies, seeds=1, **options):
    """Returns the ids of toy runs, by strategy and then by seed."""
    return [
        learned_run(config(strategy, seed=seed), **options).name
        for strategy in strategies
        for seed in range(seeds)
    ]


# Which runs are compared


def test_runs_that_differ_by_seed_are_one_configuration_with_mean_and_standard_error():
    runs = toy_runs("finetune", seeds=3)
    (one,) = summed(*runs)
    values = [api.history(run).measures()["average_accuracy"] for run in runs]
    mean, sem = api.mean_and_sem(values)
    assert one.values["average_accuracy"] == Value(mean, sem, 3) and one.n == 3


def test_a_seed_that_was_run_twice_counts_once():
    runs = [*toy_runs("finetune"), *toy_runs("finetune")]
    (one,) = grouped(*runs)
    assert one.runs == (runs[0],) and one.repeated == 1
    assert "1 run has a seed that counts already" in text.caveats([one])


def test_a_record_without_the_later_settings_is_the_same_configuration():
    old = api.history(FORGETS)
    assert not old.config.network, "an older record"
    new = completed(old).config
    assert configurations.key(new) == configurations.key(old.config.with_changes(**dict(new)))
    assert new.network and completed(old) is completed(old)


def test_configurations_of_one_strategy_are_told_apart_by_what_differs():
    configs = [config("replay", settings={"per_class": n}) for n in (1, 5)]
    assert configurations.titles([*configs, config("ewc")]) == [
        "Experience replay, per class 1",
        "Experience replay, per class 5",
        "EWC",
    ]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("cifar10-class-replay", "its data set is CIFAR-10, not MNIST"),
        ("mnist-task-ewc", "its scenario is task-incremental, not class-incremental"),
    ],
)
def test_answers_to_another_question_are_left_out_and_named(other, reason):
    chosen = configurations.comparable(grouped(FORGETS, other, REPLAYS))
    assert [c.runs for c in chosen.shown] == [(FORGETS,), (REPLAYS,)]
    assert [why for _, why in chosen.left_out] == [reason]
    assert reason in text.left_out(chosen).replace("\\", "")
    assert text.left_out(configurations.comparable(chosen.shown)) == ""


def test_recipes_are_not_compared_and_six_lines_are_the_most():
    paper = learned_run(config("ewc", recipe="paper", tasks=1)).name
    quick = learned_run(config("ewc", tasks=1)).name
    chosen = configurations.comparable(grouped(paper, quick))
    assert [why for _, why in chosen.left_out] == ["its recipe is quick, not paper"]
    rates = [learned_run(config(tasks=1, learning_rate=n / 1000)).name for n in range(1, 8)]
    chosen = configurations.comparable(grouped(*rates))
    assert len(chosen.shown) == 6 and len(chosen.left_out) == 1
    assert "more than 6 lines" in text.left_out(chosen)


# The numbers


def test_values_are_those_of_the_run_after_so_many_tasks():
    forgets, _ = summed(FORGETS, REPLAYS, after=2, reference=REFERENCE)
    accuracy = api.history(FORGETS).learned[1].accuracy
    assert forgets.values["average_accuracy"].mean == pytest.approx(sum(accuracy) / 2)
    assert forgets.values["seconds"].mean == api.history(FORGETS).learned[1].seconds


def test_forgotten_and_harder_sum_to_the_drop_and_need_a_reference():
    (one,) = summed(FORGETS, reference=REFERENCE)
    drop = -api.history(FORGETS).measures()["backward_transfer"]
    assert one.values["forgotten"].mean + one.values["harder"].mean == pytest.approx(drop)
    (alone,) = summed(FORGETS)
    assert alone.values["forgotten"] is None and text.lacks_reference(alone)
    assert table.cell(alone, summary.COLUMNS[1]) == table.NO_REFERENCE
    assert "no reference run" in text.missing_references([alone])
    assert text.missing_references([one]) == ""


def test_the_moment_is_the_last_that_all_have_reached_which_have_begun():
    runs = [
        learned_run(config("ewc"), until=1).name,
        learned_run(config("finetune")).name,
        run_store.create(config("replay")).name,
    ]
    values = summed(*runs)
    assert [s.after for s in values] == [1, 1, 1] and [s.n for s in values] == [1, 1, 0]
    assert text.headline(values).startswith("After 1 of 3 tasks ")


def test_the_best_of_a_column_is_marked_in_words_and_bold_and_equals_share_the_mark():
    values = summed(FORGETS, REPLAYS, REFERENCE, reference=REFERENCE)
    accuracy, forgotten, harder, stored, *_ = summary.COLUMNS
    assert summary.best(values, accuracy) == {2}
    assert summary.best(values, forgotten) == {1}, "the reference has none to forget"
    assert summary.best(values, harder) == set(), "it is no merit"
    assert summary.best(values, stored) == {0}
    assert summary.best(values[:1], accuracy) == set() == summary.best([values[0]] * 2, accuracy)
    html = table.html(values, "average_accuracy")
    assert f"<b>{text.MARK} {percent(values[2].values['average_accuracy'].mean)}</b>" in html
    assert 'aria-sort="descending"' in html


def test_sorting_puts_the_best_first_and_the_unknown_last():
    values = [*summed(FORGETS), *summed(REPLAYS, reference=REFERENCE)]
    assert [s.title for s in table.ordered(values, "forgotten")] == [s.title for s in values[::-1]]
    assert table.ordered(values, table.AS_GIVEN) == values


# Sentences


def value(mean, sem=None, n=1):
    return Value(mean, sem, n)


def with_accuracy(*accuracies):
    """Returns summaries of the shipped runs with other accuracies."""
    runs = [FORGETS, REPLAYS, "mnist-class-ewc"][: len(accuracies)]
    found = summed(*runs)
    for each, accuracy in zip(found, accuracies):
        each.values["average_accuracy"] = accuracy
    return found


def plain(sentence):
    return sentence.replace("\u00a0", " ").replace("\\", "").replace("**", "")


@pytest.mark.parametrize(
    ("accuracies", "sentence"),
    [
        ([], text.NOTHING),
        ([None], "No whole task has been learned yet; the comparison begins with the first."),
        (
            [value(0.2)],
            "After all 5 tasks Fine-tuning gets 20 % right. Add another strategy, or race some, to "
            "compare.",
        ),
        (
            [value(0.20001), value(0.2)],
            "After all 5 tasks Fine-tuning and Experience replay get the same right: 20 %.",
        ),
        (
            [value(0.2), value(0.9)],
            "After all 5 tasks Experience replay gets most right, 90 %; Fine-tuning least, 20 %. "
            "With one seed there is no spread to compare the lead with.",
        ),
        (
            [value(0.9, 0.01, 3), value(0.2, 0.01, 3), value(0.9, 0.02, 3)],
            "After all 5 tasks Fine-tuning and EWC get most right, 90.0 ± 1.0 %; Experience replay "
            "least, 20.0 ± 1.0 %. Their lead of 70 points is more than twice the standard error.",
        ),
        (
            [value(0.9, 0.01, 3), value(0.88, 0.02, 3)],
            "After all 5 tasks Fine-tuning gets most right, 90.0 ± 1.0 %; Experience replay least, "
            "88.0 ± 2.0 %. Its lead of 2 points over Experience replay is within twice the "
            "standard error: it may be chance.",
        ),
    ],
)
def test_the_headline(accuracies, sentence):
    assert plain(text.headline(with_accuracy(*accuracies))) == sentence


def test_who_forgot_most():
    values = summed(FORGETS, REPLAYS, REFERENCE, reference=REFERENCE)
    most, least = (s.values["forgotten"].mean for s in values[:2])
    sentence = plain(text.forgotten(values))
    assert sentence == (
        f"Fine-tuning forgot most, {100 * most:.1f} points; Experience replay least, "
        f"{100 * least:.1f} points."
    ).replace(".0 points", " points")
    assert text.forgotten(values[1:]) == "", "the reference is no competitor"


def test_seeds_that_are_not_the_same_are_said():
    same, other = toy_runs("finetune", seeds=2), toy_runs("ewc")
    assert text.caveats(grouped(*same, *other)).startswith("The seeds are not the same")
    assert text.caveats(grouped(same[0], *other)) == ""


def test_memory_and_compute_name_the_right_runs():
    values = summed(FORGETS, REPLAYS)
    assert plain(text.memory(values)) == (
        "Experience replay gets most right and stores 800 kB; best without storing anything: "
        "Fine-tuning, 19.8 %."
    )
    assert plain(text.compute(values)) == (
        "Quickest: Fine-tuning in 22 s, 19.8 % right. Experience replay took 35 s, 1.6 times as "
        "long, for +67.7 points."
    )
    assert (
        plain(text.compute(values[:1]))
        == "Quickest: Fine-tuning in 22 s, and none gets more right."
    )


def test_the_lever_says_what_stored_images_are_worth():
    found = api.rescue_histories()
    assert list(found) == [0, 1, 5, 20, 100]
    last = {n: h.measures()["average_accuracy"] for n, h in found.items()}
    for images in (1, 5, 20, 100):
        assert len({found[0].started.labels, found[images].started.labels}) == 1
        words = plain(lever.sentence(found, images))
        assert words.startswith(f"With {images} image")
        assert plain(percent(last[images])) in words and plain(percent(last[0])) in words
        assert f"({images * 10:,} in all" in words
    assert plain(lever.sentence(found, 0)).endswith(f"{plain(percent(last[1]))}.")


# Charts


def test_the_curves_are_means_over_seeds_with_bands_of_one_standard_error():
    runs = toy_runs("finetune", seeds=3)
    lines = curve_data.shown_lines(grouped(*runs), [])
    rows = [row for row in curve_data.point_rows(lines) if row["panel"] == "average"]
    last = [api.history(run).learned[2].accuracy for run in runs]
    mean, sem = api.mean_and_sem([sum(row) / 3 for row in last])
    assert rows[2]["accuracy"] == pytest.approx(mean)
    assert rows[2]["high"] - rows[2]["low"] == pytest.approx(2 * sem)


def test_both_charts_share_one_crosshair_and_no_label_lies_on_another():
    lines = curve_data.shown_lines(grouped(FORGETS, "mnist-class-ewc", REPLAYS, REFERENCE), [])
    spec = curves.spec(lines, ["x"] * 5, 0.1, at_work=False)
    assert len(spec["vconcat"]) == 2
    (hover,) = [param for param in spec["params"] if param["name"] == "hover"]
    views = [{layer.get("name") for layer in panel["layer"]} for panel in spec["vconcat"]]
    assert all(names & set(hover["views"]) for names in views)
    for panel in curve_data.PANELS:
        heights = sorted(r["accuracy"] for r in spec["datasets"]["ends"] if r["panel"] == panel)
        assert min(b - a for a, b in zip(heights, heights[1:])) > 0.08
    assert [title for title, _ in lines][-1] == marks.CUMULATIVE
    covered = {r["line"] for r in spec["datasets"]["points"] if r["covers"]}
    assert covered == {"EWC"}, "it lies on fine-tuning"


def test_a_scatter_has_a_labelled_point_for_each_and_room_for_nothing_stored():
    values = summed(FORGETS, REPLAYS, "mnist-class-ewc", REFERENCE)
    points = scatter.memory(values)["datasets"]["points"]
    assert [p["x"] for p in points] == [s.values["stored"].mean for s in values]
    nothing, *others = (p["power"] for p in points)
    assert nothing <= min(others) - 1
    heights = sorted(p["label"] for p in points)
    assert min(b - a for a, b in zip(heights, heights[1:])) > 0.07
    assert all(p["text"] for p in points)


# Files


def test_files_hold_the_numbers_of_the_table():
    values = summed(*toy_runs("finetune", "replay", seeds=2))
    rows = list(csv.DictReader(io.StringIO(exports.csv(values))))
    assert [float(row["average_accuracy"]) for row in rows] == [
        s.values["average_accuracy"].mean for s in values
    ]
    assert rows[0]["forgotten"] == "" and rows[0]["seeds"] == "2"
    content = json.loads(exports.as_json(values))
    assert content[1]["average_accuracy_sem"] == values[1].values["average_accuracy"].sem
    assert [run["seed"] for run in content[1]["runs"]] == [0, 1]
    latex = exports.latex(values)
    mean, sem = values[0].values["average_accuracy"].mean, values[0].values["average_accuracy"].sem
    assert rf"Fine-tuning & ${100 * mean:.1f} \pm {100 * sem:.1f}$ & -- & --" in latex
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == 1
    assert latex.count(" & ") == 3 * (len(summary.shown_columns(values)) + 1)


def test_operations_are_a_column_where_runs_have_them_recorded():
    older = learned_run(config("finetune")) / "record.jsonl"
    older.write_text(re.sub(r'"operations":\d+', '"operations":null', older.read_text()))
    old, new = summed(older.parent.name), summed(*toy_runs("finetune"))
    recorded = new[0].values["operations"].mean
    assert recorded == api.history(new[0].configuration.runs[0]).operations
    assert [c.name for c in summary.shown_columns(old)][-1] == "seconds"
    column = summary.shown_columns(new)[-1]
    assert column.name == "operations" and table.cell(old[0], column) == "not recorded"
    assert scatter.compute(new, "operations")["datasets"]["points"][0]["x"] == recorded


# The page


def test_the_page_opens_with_a_comparison_that_ships():
    at = open_page("compare")
    words = page_text(at)
    assert "After all 5 tasks" in words and "MNIST, 60,000" in words
    assert len(at.get("vega_lite_chart")) == 4 and {"new_race"} <= button_keys(at)
    assert len(at.get("download_button")) == 3


def test_a_link_opens_its_runs_and_names_those_that_are_gone():
    at = open_page("compare", runs=f"{FORGETS},{REPLAYS},no-such-run")
    assert at.multiselect[0].value and len(at.multiselect[0].value) == 2
    assert len(at.error) == 1 and "no-such-run" in at.error[0].value
    at = open_page("compare", runs="a-b,../../etc/passwd")
    assert len(at.error) == 1 and "There are no runs" in at.error[0].value
    assert text.NOTHING in page_text(at)


def test_a_damaged_run_is_one_sentence_and_the_others_are_shown():
    broken, sound = toy_runs("finetune", "replay")
    (run_store.folder(broken) / "record.jsonl").write_text("?\n")
    at = open_page("compare", runs=f"{broken},{sound}")
    assert len(at.error) == 1 and "is not an event" in at.error[0].value
    assert "Experience replay" in page_text(at)


def test_another_moment_and_order_go_into_the_address():
    at = open_page("compare")
    at.segmented_control(key="after_5").set_value(2).run()
    assert at.query_params["after"] in ("2", ["2"]) and "After 2 of 5 tasks" in page_text(at)
    at = open_page("compare", after="2")
    assert "After 2 of 5 tasks" in page_text(at)
    for odd in ("0", "99", "x"):
        assert "After all 5 tasks" in page_text(open_page("compare", after=odd))


def test_a_configuration_taken_away_leaves_the_address():
    at = open_page("compare", runs=f"{FORGETS},{REPLAYS}")
    first = at.multiselect[0].value[0]
    at.multiselect[0].unselect(first).run()
    assert at.query_params["runs"] in (REPLAYS, [REPLAYS])
    assert "Add another strategy" in page_text(at)


def test_a_race_creates_a_run_for_each_strategy_and_seed_and_orders_them_in_turns(worker):
    at = open_page("compare", race="new")
    at.segmented_control(key="race_dataset").set_value("mnist-sample")
    at.multiselect(key="race_strategies").set_value(["finetune", "analytic"])
    at.slider(key="race_seeds").set_value(2).run()
    assert "**4 runs** of the recipe quick" in page_text(at)
    at.button(key="start_race").click().run()
    assert not at.exception
    made = [api.history(run).config for run, _ in worker.orders]
    assert [(c.strategy, c.seed) for c in made] == [
        (strategy, seed) for seed in (0, 1) for strategy in ("finetune", "analytic")
    ]
    for c in made:
        expected = config(
            dataset="mnist-sample", model="mlp", recipe="quick", tasks=5, steps=None
        ).with_changes(strategy=c.strategy, seed=c.seed)
        assert all(getattr(c, name) == getattr(expected, name) for name in SAME_IN_A_RACE)
    ordered = [run for run, _ in worker.orders]
    assert worker.turns == [ordered[:2], ordered[2:]], "the strategies of a seed side by side"
    named = at.query_params["runs"]
    assert (named if isinstance(named, str) else named[0]).split(",") == [
        r for r, _ in worker.orders
    ]


def test_one_strategy_is_no_race():
    at = open_page("compare", race="new")
    at.multiselect(key="race_strategies").set_value(["ewc"]).run()
    assert at.button(key="start_race").disabled and "Choose two to 6" in page_text(at)


def test_a_race_at_work_is_followed_and_stopped(worker):
    runs = toy_runs("finetune", "replay", until=1)
    worker.positions |= {run: position for position, run in enumerate(runs)}
    at = open_page("compare", runs=",".join(runs))
    assert re.search(r"Fine-tuning learns task 2 of 3; 2 of 6 tasks learned", _progress(at))
    at.button(key="stop").click().run()
    assert worker.stopped == runs[::-1]
    worker.positions.clear()
    at = open_page("compare", runs=",".join(runs))
    assert "2 runs are not finished: 2 of 6 tasks learned" in page_text(at)
    at.button(key="resume").click().run()
    assert worker.orders == [(run, 3) for run in runs]


def test_a_missing_reference_is_trained_with_one_click(worker):
    runs = toy_runs("finetune", "replay", seeds=2)
    at = open_page("compare", runs=",".join(runs))
    assert "no reference run" in page_text(at)
    at.button(key="train_reference").click().run()
    made = [run for run, _ in worker.orders]
    assert len(made) == 2, "one for each order of the classes, not one for each run"
    for run in made:
        list(run_store.learn(run_store.folder(run)))
    at = open_page("compare", runs=",".join([*runs, *made]))
    assert "no reference run" not in page_text(at) and "forgot most" in page_text(at)


def _progress(at):
    return " ".join(element.proto.text for element in at.get("progress"))


def _after_seconds(history, seconds):
    """Returns the history as if its training so far had taken so long."""
    last = history.events.index(history.learned[-1])
    row = history.learned[-1].model_copy(update={"seconds": seconds})
    return api.History(history.config, [*history.events[:last], row])


def test_the_time_left_by_hand():
    """40 s for two tasks and 20 s for one are 20 s a task; one and two tasks are to come."""
    (one,) = toy_runs("finetune", until=2)
    (other,) = toy_runs("replay", until=1)
    runs = [_after_seconds(api.history(run), s) for run, s in ((one, 40), (other, 20))]
    assert race.seconds_left(runs) == duration(60)
    share, _ = race.progress(dict(zip("ab", runs)), "ab")
    assert share == pytest.approx(3 / 6)
    assert race.progress({"a": runs[0]}, "a")[0] == pytest.approx(2 / 3)


def test_the_time_left_is_the_mean_of_the_tasks_learned_times_those_to_come():
    runs = histories(*toy_runs("finetune", "replay", until=1))
    assert race.seconds_left(list(runs.values())) == "5.0 s"
    assert race.seconds_left([completed(api.history(FORGETS))]) == "", "nothing is to come"


def test_candidates_for_a_reference_are_of_the_same_question():
    rows = api.run_list()
    found = choices.reference_candidates(rows, grouped(FORGETS))
    assert [h.config.strategy for h in found] == ["cumulative"]
    assert chart_specs(open_page("compare", runs=FORGETS))


def test_one_of_many_moments_is_chosen_with_a_slider():
    run = record(25).name
    at = open_page("compare", runs=run)
    slider = at.select_slider(key="after_25")
    assert slider.value == 25
    slider.set_value(7).run()
    assert at.query_params["after"] == "7" and not at.exception

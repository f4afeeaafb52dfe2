"""Presets, several seeds, next steps, stopping and the strip: what surrounds a run."""

import pytest

from app.shared import status, strip
from app.views.train import expected, next_steps, presets, seeds_text
from lifelong import api, config
from lifelong.events import Phase
from lifelong.formatting import size
from lifelong.runs import journal
from lifelong.runs import store as run_store
from lifelong.runs.event_order import events_until
from lifelong.runs.listing import RunRow
from lifelong.runs.stored import storage
from tests.app.helpers import button_keys, open_page, page_text

SMALL = {"dataset": "mnist-sample", "strategy": "finetune", "tasks": 3, "steps": 2}
STRATEGIES = [
    (scenario, info.name) for scenario in api.SCENARIOS for info in api.strategies(scenario)
]


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """Uses the embedded sample as data."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def new_run(learn: int | None = 0, **given) -> str:
    """Creates a run that has learned some tasks; None: all."""
    folder = run_store.create(config.make(**{**SMALL, **given}))
    if learn != 0:
        list(run_store.learn(folder, until=learn))
    return folder.name


def links(at) -> list[tuple[str, str]]:
    """Returns label and query of the page links of a page, without those of the navigation."""
    found = [link.proto for link in at.get("page_link")]
    plainly = [(each.label.replace("\\", ""), each.query_string) for each in found]
    return [(label, query) for label, query in plainly if query]


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda preset: preset.name)
def test_one_click_on_a_preset_starts_its_run(worker, preset):
    at = open_page("train")
    at.button(key=f"start_{preset.name}").click().run()
    assert not at.exception
    ((run, until),) = worker.orders
    chosen = api.history(run).config
    assert until is None and at.query_params["run"] in (run, [run])
    assert (chosen.dataset, chosen.scenario, chosen.strategy) == ("mnist", "class", preset.strategy)
    assert (chosen.recipe, chosen.tasks, chosen.seed) == ("quick", 5, 0)
    assert preset.settings.items() <= chosen.settings.items()


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda preset: preset.name)
def test_what_a_preset_is_said_to_store_is_what_its_run_stores(preset):
    fields = {**preset.fields(), "dataset": "mnist-sample", "steps": 2}
    folder = run_store.create(config.make(**fields))
    list(run_store.learn(folder))
    nbytes = sum(storage(folder).kinds.values())
    assert f"Stores {size(nbytes) if nbytes else 'nothing'}" in preset.costs


def test_the_presets_say_on_which_images_they_learn(monkeypatch):
    assert "five tasks of two digits" in page_text(open_page("train"))
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    assert "the embedded sample stands in" in presets.about_data(api.dataset_info("mnist"))


def test_several_seeds_are_ordered_with_one_click_and_their_mean_is_shown(worker):
    at = open_page("train")
    at.segmented_control(key="dataset").set_value("mnist-sample").run()
    at.number_input(key="seed").set_value(4).run()
    at.number_input(key="seeds").set_value(3).run()
    assert "3 runs, with the seeds 4 to 6" in page_text(at)
    assert "learn_next" not in button_keys(at)
    at.button(key="learn_all").click().run()
    assert not at.exception and not at.error
    runs = [name for name, _ in worker.orders]
    assert [api.history(run).config.seed for run in runs] == [4, 5, 6]
    assert at.query_params["runs"] in (",".join(runs), [",".join(runs)])


def test_runs_of_several_seeds_at_work_can_be_stopped_all_at_once(worker):
    runs = [new_run(learn=None if seed == 0 else 0, seed=seed) for seed in range(3)]
    worker.positions = {runs[1]: 0, runs[2]: 1}
    at = open_page("train", runs=",".join(runs))
    assert "Run 2 of 3 (seed 1)" in at.get("progress")[0].proto.text
    at.button(key="stop").click().run()
    assert worker.stopped == list(reversed(runs))
    assert at.button(key="stop").disabled and at.button(key="stop").label == "Stopping …"
    assert f"run={runs[2]}" in [query for _, query in links(at)]


def test_runs_that_differ_in_more_than_their_seed_are_compared_not_averaged():
    runs = [new_run(learn=None, strategy=strategy) for strategy in ("finetune", "replay")]
    at = open_page("train", runs=",".join(runs))
    assert not at.exception and "2 seeds" not in page_text(at)
    assert at.title[0].value == "Compare"


def test_the_mean_over_seeds_is_that_of_the_finished_runs():
    runs = [new_run(learn=None, seed=seed) for seed in range(3)]
    histories = [api.history(run) for run in runs]
    shares = [100 * history.measures()["average_accuracy"] for history in histories]
    mean = sum(shares) / 3
    sem = (sum((share - mean) ** 2 for share in shares) / 2 / 3) ** 0.5
    at = open_page("train", runs=",".join(runs))
    assert f"{round(mean, 1):g}" in at.header[0].value and f"± {sem:.1f}" in at.header[0].value
    assert "the mean of 3 seeds" in at.header[0].value
    assert {"Average accuracy", "Forgetting"} <= {metric.label for metric in at.metric}
    assert {f"run={run}" for run in runs} <= {query for _, query in links(at)}
    unfinished = [*histories[:2], api.history(new_run(learn=1, seed=9))]
    assert "the mean of 2 seeds" in seeds_text.result(unfinished)
    assert seeds_text.result(unfinished).endswith("One run has not finished.")
    assert "One run of 3 has finished" in seeds_text.result([histories[0], *unfinished[2:] * 2])
    assert "None of the runs" in seeds_text.result(unfinished[2:])


@pytest.mark.parametrize(("scenario", "strategy"), STRATEGIES)
def test_after_every_strategy_another_run_is_offered_that_can_be_made(scenario, strategy):
    history = api.History(config.make(scenario=scenario, strategy=strategy), ())
    defined = [info.name for info in api.strategies(scenario)]
    step = next_steps.next_step(history, defined)
    assert step is not None and api.create(**step.fields)
    longer = bool(next_steps.quick_note(history))
    assert (step.fields["strategy"] == strategy) == longer
    assert (step.fields["recipe"] == "paper") == longer


def test_after_fine_tuning_replay_starts_with_one_click(worker):
    run = new_run(learn=None, seed=2)
    at = open_page("train", run=run)
    assert at.button(key="next_step").label == "Same with replay"
    at.button(key="next_step").click().run()
    ((ordered, _),) = worker.orders
    before, after = api.history(run).config, api.history(ordered).config
    assert after.strategy == "replay" and after.settings["per_class"] == 100
    assert {**dict(after), "strategy": "", "settings": ""} == {
        **dict(before),
        "strategy": "",
        "settings": "",
    }


def test_where_the_quick_recipe_was_too_short_the_result_says_so():
    config_of = {"strategy": "dgr", "dataset": "mnist-sample", "tasks": 2}
    at = open_page("train", run=new_run(learn=None, **config_of, steps=None))
    assert any("too short for its generator" in info.value for info in at.info)
    assert at.button(key="next_step").label == "Same with the paper recipe"


def row(strategy="finetune", recipe="quick", seed=0, **given) -> RunRow:
    fields = {"dataset": "mnist", "scenario": "class", "tasks": 5, "model": "mlp", "learned": 5}
    name = f"{strategy}-{recipe}-{seed}"
    return RunRow(
        **{"id": name, "shipped": False, **fields, "strategy": strategy, "recipe": recipe}
        | {"seed": seed, **given}
    )


def test_runs_of_other_strategies_in_the_same_setting_can_be_compared():
    rows = [
        row("replay", id="new"),
        row("replay", id="old"),
        row("ewc", recipe="paper"),
        row("lwf", seed=1),
        row("si", learned=4),
        row("analytic"),
        row(id="own"),
    ]
    assert next_steps.comparable("own", rows) == ["own", "new", "analytic-quick-0"]
    assert next_steps.comparable("gone", rows) == ["gone"]


CHOSEN = {"dataset": "mnist", "scenario": "class", "strategy": "finetune", "tasks": 5}
CHOSEN |= {"model": "mlp", "recipe": "quick", "seed": 3}


def test_what_to_expect_is_of_the_same_recipe_before_the_same_seed():
    rows = [row(seed=0, recipe="paper"), row(seed=3, recipe="paper"), row(), row(learned=4, seed=3)]
    assert expected.nearest(rows, CHOSEN).id == "finetune-quick-0"
    assert expected.nearest(rows[:2], CHOSEN).id == "finetune-paper-3"
    assert expected.nearest(rows, {**CHOSEN, "tasks": 4}) is None


def test_what_to_expect_says_in_what_the_run_differs():
    history = api.history("mnist-class-finetune")  # paper recipe, seed 0
    natural, other = api.class_order(0, 10), api.class_order(3, 10)
    assert natural == list(range(10)) != other

    def text(order=natural, settings=None, **chosen) -> str:
        return expected.sentence(history, {**CHOSEN, "seed": 0, **chosen}, settings or {}, order)

    assert text(recipe="paper").startswith("A finished run with these choices: After 5 tasks")
    assert "but with the paper recipe:" in text()
    assert "and with another order of classes (seed 0)" in text(other, seed=3)
    assert "with another random start (seed 0)" in text(seed=3)
    ewc = api.history("mnist-class-ewc")
    changed = {**ewc.config.settings, "strength": 1.0}
    assert "with other settings" in expected.sentence(ewc, CHOSEN, changed, natural)
    assert "other settings" not in expected.sentence(ewc, CHOSEN, ewc.config.settings, natural)


def test_the_newest_runs_are_listed_under_the_form():
    assert "Your runs" not in page_text(open_page("train"))
    runs = [new_run() for _ in range(6)]
    at = open_page("train")
    listed = {query for _, query in links(at)} & {f"run={run}" for run in runs}
    assert len(listed) == 5


def test_a_stop_is_acknowledged_at_once(worker):
    run = new_run()
    worker.positions[run] = 0
    at = open_page("train", run=run)
    assert not at.button(key="stop").disabled
    at.button(key="stop").click().run()
    assert at.button(key="stop").disabled and at.button(key="stop").label == "Stopping …"


def test_the_work_after_the_last_step_is_named():
    whole = api.history(new_run(learn=None, strategy="ewc", settings={"strength": 1.0}))
    phases = [event for event in whole.events if isinstance(event, Phase)]
    tests = whole.started.images[1]
    for phase in phases:
        so_far = whole.events[: whole.events.index(phase) + 1]
        _, text = status.progress(api.History(whole.config, so_far), 3, "running", 0)
        begin = f"Task {phase.task + 1} of 3, "
        every = "all " if phase.task else ""
        assert text.startswith(
            f"{begin}measuring which weights matter"
            if phase.what != "Testing"
            else f"{begin}testing on {every}{phase.images:,} images"
        )
    assert [phase.images for phase in phases if phase.what == "Testing"][1:] == [tests, tests]


def test_between_two_tasks_no_step_of_the_one_before_is_shown():
    whole = api.history(new_run(learn=None))
    so_far = [*events_until(whole.events, 1)]
    history = api.History(whole.config, so_far)
    assert status.progress(history, 3, "running", 0)[1].startswith("Task 2 of 3")
    assert "step" not in status.progress(history, 3, "running", 0)[1]


PAGES = ("draw", "train", "transfer", "runs", "inspect", "about")


@pytest.mark.parametrize("page", PAGES)
def test_a_strip_on_every_page_leads_back_to_the_run_at_work(worker, page):
    run, waiting = new_run(learn=1), new_run()
    assert not any("Watch" in label for label, _ in links(open_page(page)))
    worker.positions = {run: 0, waiting: 1}
    at = open_page(page)
    ((label, query),) = (link for link in links(at) if "Watch" in link[0])
    assert query == f"run={run}"
    assert label.startswith("Fine-tuning: task 2 of 3") and "1 more waiting" in label


def test_the_page_of_the_run_at_work_has_no_strip(worker):
    run = new_run(learn=1)
    worker.positions = {run: 0}
    assert not any("Watch" in label for label, _ in links(open_page("train", run=run)))
    assert any("Watch" in label for label, _ in links(open_page("train", run=new_run())))


def test_the_strip_says_how_a_run_has_ended_until_it_is_looked_at(worker):
    run = new_run()
    worker.positions = {run: 0}
    at = open_page("runs")
    list(run_store.learn(run_store.folder(run)))
    worker.positions = {}
    at.run()
    assert any("has finished · **See the result**" in label for label, _ in links(at))
    at.query_params["run"] = run
    at.switch_page("views/train/train.py").run()
    at.query_params.clear()
    at.switch_page("views/runs/runs.py").run()
    assert not any("See the result" in label for label, _ in links(at))


def test_the_strip_follows_what_was_started_in_this_session(worker):
    others = [new_run(learn=1), new_run()]
    worker.positions = {run: at for at, run in enumerate(others)}
    at = open_page("train")
    at.button(key="start_images").click().run()
    ((own, _),) = worker.orders
    worker.positions[own] = 2
    at.query_params.clear()
    at.switch_page("views/runs/runs.py").run()
    ((label, query),) = (link for link in links(at) if "Watch" in link[0])
    assert query == f"run={own}" and "waiting, 2 other runs are ahead" in label
    worker.positions = {others[1]: 0}
    ((label, query),) = (link for link in links(at.run()) if "**" in link[0])
    assert query == f"run={own}" and "See the result" in label
    # Elsewhere nothing was started.
    ((label, query),) = (link for link in links(open_page("runs")) if "Watch" in link[0])
    assert query == f"run={others[1]}"


def test_a_run_that_was_cut_off_is_not_said_to_have_finished():
    run = new_run(learn=1)
    assert strip.done_text(run) == "Fine\\-tuning is at rest"
    assert strip.at_work_text([run], run).startswith("Fine\\-tuning: task 2 of 3")


def test_a_record_with_phases_is_read_back_as_written(tmp_path):
    folder = run_store.folder(new_run(learn=None))
    events = run_store.history(folder).events
    assert [e for e in events if isinstance(e, Phase)] and journal.RECORD_FILE
    list(run_store.learn(folder))
    assert run_store.history(folder).events == events

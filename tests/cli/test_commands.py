"""The command line: one JSON object or one sentence, and nothing else."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from lifelong import datasets, registry
from lifelong.runs import store as run_store
from lifelong.transfer import store as study_store
from tests.helpers import (
    ROOT,
    config,
    learned_run,
    one_pair_each,
    python,
    stop_after,
    strategy_names,
)
from tests.transfer.helpers import small_study

TOYS = ("--dataset", "toy", "--model", "toy-mlp")
FEW = (*TOYS, "--tasks", "3", "--steps", "4")
MEASURES = [
    "average_accuracy",
    "forgetting",
    "backward_transfer",
    "forward_transfer",
    "learning_accuracy",
]


@pytest.fixture
def digit(tmp_path):
    """A file with a picture of a 0."""
    data = datasets.load("mnist-sample")
    Image.fromarray(data.test_images[(data.test_labels == 0).nonzero()[0, 0], 0].numpy()).save(
        tmp_path / "zero.png"
    )
    return tmp_path / "zero.png"


def assert_matrix(accuracy, tasks: int, learned: int):
    assert len(accuracy) == tasks and all(len(row) == tasks for row in accuracy)
    for after, row in enumerate(accuracy):
        for on, share in enumerate(row):
            assert (
                (share is not None and 0 <= share <= 1) if on <= after < learned else share is None
            )


@pytest.mark.parametrize(("strategy", "scenario"), one_pair_each())
def test_train_prints_one_json_object_with_every_measure(cli, strategy, scenario):
    status, out, err = cli("train", *FEW, "--strategy", strategy, "--scenario", scenario, "--json")
    assert status == 0 and out.count("\n") == 1
    report = json.loads(out)
    assert_matrix(report["accuracy"], 3, 3)
    assert all(isinstance(report[name], float) for name in MEASURES) and report["seconds"] > 0
    assert (
        report["run"] in run_store.ids()
        and run_store.history(run_store.folder(report["run"])).finished
    )
    assert report["strategy"] == strategy and report["scenario"] == scenario and report["source"]
    assert "task 1/3" in err, "progress goes to standard error"


def test_train_of_one_task_has_no_forgetting(cli):
    report = json.loads(cli("train", *FEW, "--tasks", 1, "--json")[1])
    assert report["forgetting"] is report["backward_transfer"] is report["forward_transfer"] is None
    assert report["average_accuracy"] == report["learning_accuracy"] == report["accuracy"][0][0]


def test_train_without_json_prints_a_table(cli):
    status, out, _ = cli("train", *FEW)
    assert (
        status == 0
        and "average accuracy" in out
        and "forgetting" in out
        and len(re.findall(r"\d+\.\d\d", out)) > 6
    )


def test_train_in_another_process_prints_only_json_on_standard_output():
    process = python(
        "-m",
        "lifelong",
        "train",
        *TOYS,
        "--tasks",
        "2",
        "--steps",
        "2",
        "--json",
        env=dict(os.environ),
    )
    assert process.returncode == 0 and json.loads(process.stdout)["tasks"] == 2
    assert "Traceback" not in process.stderr and "Warning" not in process.stderr


def test_train_on_digits_imports_no_library_that_it_does_not_need():
    """Each library would delay the first step."""
    heavy = ("torchvision", "pandas", "pyarrow", "pooch", "requests", "streamlit", "gradio")
    code = (
        "import sys; from lifelong.cli.commands import main; sys.argv[1:] = "
        f"{['train', *FEW, '--json']}; main(); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    process = python("-c", code, env=dict(os.environ))
    assert process.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("strategy", strategy_names())
def test_every_setting_is_a_flag_of_its_own_name(cli, strategy):
    scenario = sorted(registry.strategy(strategy).scenarios)[0]
    for setting in registry.strategy(strategy).settings(scenario):
        value = (
            setting.options[-1]
            if setting.options
            else setting.kind(min(setting.low + 1, setting.high))
        )
        out = json.loads(
            cli(
                "train",
                *FEW,
                "--strategy",
                strategy,
                "--scenario",
                scenario,
                f"--{setting.name.replace('_', '-')}",
                value,
                "--json",
            )[1]
        )
        assert (
            run_store.history(run_store.folder(out["run"])).config.settings[setting.name] == value
        )
        help_text = cli("train", "--strategy", strategy, "--help")[1]
        assert f"--{setting.name.replace('_', '-')}" in help_text


def test_the_run_goes_into_the_folder_that_was_given(cli, tmp_path):
    report = json.loads(cli("train", *FEW, "--out", tmp_path / "deep" / "mine", "--json")[1])
    assert report["run"] == "mine" and (tmp_path / "deep" / "mine" / "task-2.safetensors").exists()


def test_an_unfinished_run_resumes_when_its_folder_is_given_again(cli, tmp_path):
    folder = tmp_path / "mine"
    never = json.loads(cli("train", *FEW, "--json")[1])
    list(run_store.learn(run_store.create(config(steps=4), folder), until=1))
    report = json.loads(cli("train", *FEW, "--out", folder, "--json")[1])
    assert report["accuracy"] == never["accuracy"] and run_store.state(folder) == "finished"
    again = json.loads(cli("train", *FEW, "--out", folder, "--json")[1])
    assert again == report, "a finished run is told again, and not trained again"


def test_compare_prints_one_row_a_strategy_with_mean_and_error(cli):
    status, out, _ = cli(
        "compare", *FEW, "--strategies", "finetune, ewc,replay", "--seeds", 3, "--json"
    )
    rows = json.loads(out)
    assert (
        status == 0
        and out.count("\n") == 1
        and [row["strategy"] for row in rows] == ["finetune", "ewc", "replay"]
    )
    for row in rows:
        assert row["n"] == len(row["runs"]) == 3 and [r["seed"] for r in row["runs"]] == [0, 1, 2]
        for name in [*MEASURES, "seconds"]:
            values = [r[name] for r in row["runs"]]
            assert row["mean"][name] == row[name] == pytest.approx(sum(values) / 3)
            spread = sum((v - row["mean"][name]) ** 2 for v in values) / 2
            assert row["sem"][name] == pytest.approx((spread / 3) ** 0.5)
        assert_matrix(row["accuracy"], 3, 3)


def test_compare_with_one_seed_has_no_error_and_leaves_no_run(cli):
    (row,) = json.loads(cli("compare", *FEW, "--strategies", "finetune", "--json")[1])
    assert (
        row["sem"]["average_accuracy"] is None
        and row["mean"]["average_accuracy"] == row["runs"][0]["average_accuracy"]
    )
    assert run_store.ids() == [folder.name for folder in run_store.shipped()]
    status, out, _ = cli("compare", *FEW, "--strategies", "finetune,joint")
    assert status == 0 and len(out.splitlines()) == 4


STUDY = ("transfer", *TOYS, "--images", "1,4", "--seeds", "2", "--steps", "4")


def test_transfer_prints_one_json_object_with_curves_and_forward_transfer(cli):
    status, out, err = cli(*STUDY, "--protect", "ewc", "--strength", "10", "--json")
    report = json.loads(out)
    assert status == 0 and out.count("\n") == 1 and "100%" in err
    assert (
        report["finished"]
        and report["study"] in study_store.ids()
        and report["study"] not in run_store.ids()
    )
    assert (
        report["protect"] == "ewc"
        and report["settings"]["strength"] == 10
        and report["seeds"] == 2
        and report["target"] is None
    )
    assert (
        report["images_per_class"] == [1, 4, None]
        and report["all_images_per_class"] == 24
        and report["source"] == "made-up patterns"
    )
    assert report["classes"] == {"source": list("01234"), "target": list("56789")} and report[
        "chance"
    ] == {"source": 0.2, "target": 0.2}
    regimes = ["scratch", "frozen", "finetune", "ewc"]
    for axis, key, xs in (
        ("images", "images_per_class", [1, 4, None]),
        ("steps", "step", [1, 2, 4]),
    ):
        assert (
            list(report["curves"][axis]) == regimes
            and list(report["forward_transfer"][axis]) == regimes[1:]
        )
        for curve in report["curves"][axis].values():
            assert [point[key] for point in curve] == xs and {point["n"] for point in curve} == {2}
            assert all(
                set(point[name]) == {"mean", "sem"} and 0 <= point[name]["mean"] <= 1
                for point in curve
                for name in ("target", "source")
            )
        for gain in report["forward_transfer"][axis].values():
            assert gain["n"] == len(gain["by_seed"]) == 2 and gain["points"] == pytest.approx(
                sum(gain["by_seed"]) / 2
            )


def test_transfer_without_json_prints_a_table_and_resumes_in_its_folder(cli, tmp_path):
    folder = tmp_path / "mine"
    study_store.create(small_study(steps=4), folder)
    list(study_store.learn(folder, stop_after(60)))
    status, out, _ = cli(*STUDY, "--out", folder)
    assert (
        status == 0
        and study_store.state(folder) == "finished"
        and all(regime in out for regime in ("scratch", "frozen", "finetune", "lwf", "(n = 2)"))
    )


def test_train_and_compare_take_a_target_and_few_images_of_it(cli):
    report = json.loads(
        cli(
            "train",
            *TOYS,
            "--scenario",
            "transfer",
            "--target",
            "toy-other",
            "--images-per-class",
            3,
            "--steps",
            2,
            "--json",
        )[1]
    )
    history = run_store.history(run_store.folder(report["run"]))
    assert (
        report["tasks"] == 2
        and history.config.target == "toy-other"
        and history.config.images_per_class == 3
    )
    assert [len(task) for task in history.started.classes] == [10, 10]
    rows = json.loads(
        cli(
            "compare",
            *TOYS,
            "--scenario",
            "transfer",
            "--strategies",
            "frozen,scratch",
            "--task-sizes",
            "6,4",
            "--steps",
            2,
            "--json",
        )[1]
    )
    assert [row["strategy"] for row in rows] == ["frozen", "scratch"] and all(
        len(row["accuracy"]) == 2 for row in rows
    )


def test_classify_answers_for_every_checkpoint(cli, digit):
    folder = learned_run(config())
    status, out, _ = cli("classify", folder.name, digit, "--json")
    report = json.loads(out)
    assert (
        status == 0
        and out.count("\n") == 1
        and report["run"] == folder.name
        and [a["after"] for a in report["answers"]] == [0, 1, 2]
    )
    assert all(
        {"label", "probability"} == set(t) and 0 <= t["probability"] <= 1
        for a in report["answers"]
        for t in a["top"]
    )
    assert (
        len(json.loads(cli("classify", folder.name, digit, "--after", 1, "--json")[1])["answers"])
        == 2
    )
    given = json.loads(cli("classify", folder.name, digit, "--task", 1, "--json")[1])
    assert {t["label"] for t in given["answers"][2]["top"]} == set("456")
    assert cli("classify", folder.name, digit)[1].count("after task") == 3


def test_runs_lists_the_runs(cli):
    folder = learned_run(config(), until=2)
    status, out, _ = cli("runs", "--json")
    row = next(row for row in json.loads(out) if row["id"] == folder.name)
    assert (
        status == 0
        and out.count("\n") == 1
        and row["learned"] == 2
        and row["tasks"] == 3
        and row["shipped"] is False
    )
    assert {
        "id",
        "dataset",
        "scenario",
        "strategy",
        "tasks",
        "average_accuracy",
        "forgetting",
        "shipped",
    } <= row.keys()
    assert folder.name in cli("runs")[1]


def test_strategies_lists_each_with_its_settings_and_defaults(cli):
    rows = {row["name"]: row for row in json.loads(cli("strategies", "--json")[1])}
    assert sorted(rows) == sorted(strategy_names())
    assert rows["ewc"]["settings"][0]["defaults"] == {
        "task": 1e5,
        "domain": 1e10,
        "class": 1e9,
        "transfer": 1e5,
    }
    assert all(name in cli("strategies")[1] for name in rows)


def test_datasets_lists_their_names(cli):
    named = [line.split()[0] for line in cli("datasets")[1].splitlines()]
    assert json.loads(cli("datasets", "--json")[1]) == list(datasets.names()) == named


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("train", "-h"),
        ("compare", "--help"),
        ("classify", "--help"),
        ("bench", "--help"),
    ],
)
def test_help_is_no_error(cli, arguments):
    status, out, err = cli(*arguments)
    assert (status, err) == (0, "") and out.strip().startswith("Usage: lifelong")


def test_no_command_at_all_shows_the_help(cli):
    status, out, _ = cli()
    assert status == 2 and "Usage: lifelong" in out and len(out.splitlines()) > 8


SAMPLE = ("train", *TOYS)
BAD = [
    # what was given, what is said
    (("train", "--strategy", "ewcc"), "There is no strategy 'ewcc'; did you mean 'ewc'?"),
    (("train", "--dataset", "minst"), "There is no dataset 'minst'; did you mean 'mnist'?"),
    (("train", "--model", "lenet"), "There is no model 'lenet'; did you mean 'alexnet'?"),
    (("train", "--surprise"), "No such option"),
    (("train", "extra"), "unexpected extra argument"),
    (("trian",), "No such command 'trian'"),
    ((*SAMPLE, "--scenario", "klass"), "scenario was given as 'klass'"),
    ((*SAMPLE, "--recipe", "slow"), "recipe was given as 'slow'"),
    (
        (*SAMPLE, "--strategy", "ewc", "--strength", "-1"),
        "strength was given as -1.0; ewc expects a number from 0 to 1e+12.",
    ),
    (
        (*SAMPLE, "--strategy", "ewc", "--strength", "nan"),
        "strength was given as nan; ewc expects a number",
    ),
    (
        (*SAMPLE, "--strategy", "ewc", "--estimator", "exakt"),
        "estimator was given as exakt; ewc expects one of exact",
    ),
    (
        (*SAMPLE, "--strategy", "ewc", "--fisher", "exakt"),
        "estimator was given as exakt; ewc expects one of exact, sampled, true-label, batch.",
    ),
    ((*SAMPLE, "--strategy", "ewc", "--strength", "much"), "'much' is not a valid float"),
    ((*SAMPLE, "--strategy", "replay", "--per-class", "0.5"), "'0.5' is not a valid integer"),
    (
        (*SAMPLE, "--strategy", "finetune", "--strength", "1"),
        "There is no setting of finetune 'strength'; there are none.",
    ),
    (
        (*SAMPLE, "--strategy", "replay", "--strength", "1"),
        "There is no setting of replay 'strength'; choose one of: per_class, policy.",
    ),
    (
        (*SAMPLE, "--strategy", "frozen", "--scenario", "class"),
        "frozen was given the scenario 'class'; it is defined for: task, transfer.",
    ),
    (
        (*SAMPLE, "--tasks", "11"),
        "11 tasks were asked for, but toy has 10 classes; ask for at most 10.",
    ),
    ((*SAMPLE, "--tasks", "0"), "tasks was given as '0'"),
    ((*SAMPLE, "--tasks", "two"), "'two' is not a valid integer"),
    (
        (*SAMPLE, "--scenario", "transfer", "--tasks", "1"),
        "needs at least 2, a source and a target.",
    ),
    ((*SAMPLE, "--steps", "0"), "steps was given as '0'"),
    ((*SAMPLE, "--seed", "-1"), "seed was given as '-1'"),
    (
        (*SAMPLE, "--task-sizes", "6,x"),
        "The task sizes were given as '6,x'; expected numbers with commas between them.",
    ),
    ((*SAMPLE, "--task-sizes", "6,3"), "The task sizes were given as [6, 3]; expected 2 numbers"),
    (
        (*SAMPLE, "--target", "mnist"),
        "target was given in the scenario 'class'; leave it out or choose the transfer scenario.",
    ),
    (
        (*SAMPLE, "--scenario", "transfer", "--images-per-class", "0"),
        "images_per_class was given as '0'",
    ),
    (("transfer", "--dataset", "minst"), "There is no dataset 'minst'; did you mean 'mnist'?"),
    (("transfer", "--target", "minst"), "There is no dataset 'minst'; did you mean 'mnist'?"),
    (("transfer", "--pair", "digit"), "There is no pair 'digit'; did you mean 'digits'?"),
    (("transfer", "--protect", "frozen"), "frozen was to protect the source, which it does not"),
    (
        ("transfer", "--protect", "lwf", "--per-class", "3"),
        "There is no setting of lwf 'per_class'",
    ),
    (("transfer", "--images", "5,1"), "expected them in ascending order, each once."),
    (
        ("transfer", "--images", "few"),
        "The images were given as 'few'; expected numbers with commas between them.",
    ),
    (("transfer", "--seeds", "0"), "0 is not in the range"),
    (
        ("transfer", *TOYS, "--out", "TAKEN"),
        "The folder taken holds something else already; give another with --out.",
    ),
    (
        (*SAMPLE, "--class-order", "3,1"),
        "The class order was given as [3, 1]; expected each of 0 to 9 once.",
    ),
    (
        (*SAMPLE, "--class-order", "a,b"),
        "The class order was given as 'a,b'; expected numbers with commas between them.",
    ),
    (("compare", *TOYS), "Missing option '--strategies'"),
    (
        ("compare", *TOYS, "--strategies", "finetune,ewcc"),
        "There is no strategy 'ewcc'; did you mean 'ewc'?",
    ),
    (("compare", *TOYS, "--strategies", "finetune,"), "There is no strategy ''"),
    (("compare", *TOYS, "--strategies", "ewc", "--seeds", "0"), "0 is not in the range"),
    (("compare", *TOYS, "--strategies", "ewc,joint", "--tasks", "11"), "ask for at most 10."),
    (("classify", "no-such-run", "ZERO"), "There is no run 'no-such-run'"),
    (("classify", "../RUN", "ZERO"), "There is no run '../"),
    (("classify", "RUN", "TEXT"), "That file is not a picture that can be read; give one of PNG"),
    (("classify", "RUN", "HALF"), "That picture is damaged or only half there"),
    (("classify", "RUN", "BLANK"), "The picture is blank"),
    (("classify", "RUN", "/nowhere/zero.png"), "does not exist"),
    (("classify", "RUN", "ZERO", "--after", "7"), "after was given as 7"),
    (("classify", "RUN", "ZERO", "--task", "-1"), "task was given as -1"),
    (("classify", "RUN"), "Missing argument 'IMAGE'"),
    (
        (*SAMPLE, "--out", "TAKEN"),
        "The folder taken holds a run with another configuration; give another with --out.",
    ),
    ((*SAMPLE, "--out", "TEXT"), "is a file"),
    ((*SAMPLE, "--out", "/proc/nowhere"), "The folder nowhere could not be made"),
]


@pytest.mark.parametrize(("arguments", "says"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_ends_with_status_2_and_one_line_that_says_what_to_do(
    cli, digit, tmp_path, arguments, says
):
    run = learned_run(config(dataset="mnist-sample", tasks=1)).name
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "half.png").write_bytes(digit.read_bytes()[:150])
    Image.new("L", (40, 40), 255).save(tmp_path / "blank.png")
    run_store.create(config(seed=7), tmp_path / "taken")
    names = {
        "ZERO": digit,
        "TEXT": tmp_path / "text.png",
        "HALF": tmp_path / "half.png",
        "BLANK": tmp_path / "blank.png",
        "TAKEN": tmp_path / "taken",
    }
    before = run_store.ids()
    status, out, err = cli(*(names.get(a, a.replace("RUN", run)) for a in arguments))
    assert (status, out, err.count("\n")) == (2, "", 1), err
    assert says in err and "Traceback" not in err and str(ROOT) not in err
    assert run_store.ids() == before, "bad input leaves no run behind"


def test_ctrl_c_stops_after_the_step_and_the_run_can_be_resumed(tmp_path):
    folder = tmp_path / "mine"
    arguments = [
        "-m",
        "lifelong",
        "train",
        *TOYS,
        "--tasks",
        "1",
        "--steps",
        "100000",
        "--out",
        str(folder),
        "--json",
    ]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(1200):
        if (folder / "record.jsonl").exists() and (folder / "record.jsonl").read_text().count(
            "\n"
        ) > 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "Stopped in task 1; what was learned is kept in mine." in err and "Traceback" not in err
    assert json.loads(out)["accuracy"] == [[None]]
    assert run_store.state(folder) == "stopped" and (folder / "resume.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("lifelong tr", {"train", "transfer"}),
        ("lifelong train --strategy ew", {"ewc", "ewc-online"}),
        ("lifelong train --scenario tr", {"transfer"}),
        ("lifelong classify mnist-task-e", {"mnist-task-ewc"}),
    ],
)
def test_a_shell_completes_commands_strategies_scenarios_and_runs(words, offered, monkeypatch, cli):
    monkeypatch.setenv("_LIFELONG_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    _, out, _ = cli()
    assert {line.split(",")[1] for line in out.splitlines()} == offered

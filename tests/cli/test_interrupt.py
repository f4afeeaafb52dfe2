"""An interrupted command ends with status 130 and one sentence, whenever the signal comes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from lifelong.cli import commands, interrupt
from lifelong.cli import train as command_train
from lifelong.events import Event, ExtractingFeatures, Started, Step
from lifelong.runs import store as run_store
from lifelong.training import pretraining
from lifelong.transfer import store as study_store
from tests.helpers import ROOT

SECONDS = 60  # that the slowest machine may take
LINUX = sys.platform == "linux"
SAMPLE = ("--dataset", "mnist-sample")
TOYS = ("--dataset", "toy", "--model", "toy-mlp")
PICTURES = ("--dataset", "toy-pictures", "--model", "shufflenet_v2_x0_5", "--weights", "none")
LONG = ("train", *TOYS, "--tasks", "1", "--steps", "100000")
COMMANDS = {
    "train": LONG,
    "train --json": (*LONG, "--json"),
    "compare": ("compare", *TOYS, "--strategies", "finetune,ewc", "--steps", "100000"),
    "transfer": ("transfer", *TOYS, "--steps", "100000"),
    "classify": ("classify", "mnist-class-ewc", "PICTURE"),
    "bench": ("bench",),
    "pretrain": ("pretrain", *SAMPLE),
    "runs": ("runs",),
    "strategies": ("strategies",),
    "datasets": ("datasets",),
}


@pytest.fixture(autouse=True)
def signals_as_in_a_terminal():
    """Has Ctrl+C raise KeyboardInterrupt, although a shell ignores it for background jobs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module", autouse=True)
def picture(tmp_path_factory):
    """A file with a picture of a bar, the input of `classify`."""
    file = tmp_path_factory.mktemp("pictures") / "one.png"
    picture = Image.new("L", (28, 28))
    picture.paste(255, (12, 4, 16, 24))
    picture.save(file)
    COMMANDS["classify"] = (*COMMANDS["classify"][:2], str(file))


def start(*arguments: str) -> subprocess.Popen:
    """Starts a command in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-m", "lifelong", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    end = time.monotonic() + SECONDS
    while not condition() and process.poll() is None:
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def handles_signals(process: subprocess.Popen) -> bool:
    """Returns whether the process handles SIGTERM; Python itself handles SIGINT from the start."""
    if not LINUX:
        time.sleep(0.5)
        return True
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def imports_torch(process: subprocess.Popen) -> bool:
    """Returns whether torch's largest library is loaded, so that its import has begun."""
    if not LINUX:
        time.sleep(1.0)
        return True
    return "libtorch_cpu" in Path(f"/proc/{process.pid}/maps").read_text()


def end(process: subprocess.Popen, number: int = signal.SIGINT) -> tuple[int, str, str]:
    """Sends a signal to the process and all it started; returns status, output and errors."""
    if process.poll() is None:
        os.killpg(process.pid, number)
    out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in err and "Exception ignored" not in err and "Error" not in err, err
    return process.returncode, out, err


def lines(text: str) -> list[str]:
    """Returns the lines of standard error without progress bars."""
    every = [line.strip() for line in text.replace("\r", "\n").splitlines()]
    return [line for line in every if line and "|" not in line and not line.startswith("About ")]


@pytest.mark.parametrize(
    ("name", "number"), [*((name, signal.SIGINT) for name in COMMANDS), ("train", signal.SIGTERM)]
)
def test_a_command_interrupted_while_it_starts(name, number):
    process = start(*COMMANDS[name])
    until(lambda: handles_signals(process), process)
    status, out, err = end(process, number)
    assert (status, out, lines(err)) == (130, "", [interrupt.SENTENCE])


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "train --json"])
def test_a_command_interrupted_while_it_imports_torch(name):
    process = start(*COMMANDS[name])
    until(lambda: imports_torch(process), process)
    status, out, err = end(process)
    if status == 130:
        assert (out, lines(err)) == ("", [interrupt.SENTENCE])
    else:
        assert name in ("runs", "datasets") and status == 0, "these need no torch"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_comparison_interrupted_while_other_processes_train(number):
    process = start(*COMMANDS["compare"])
    while "|" not in process.stderr.read(1):  # the bar
        pass
    time.sleep(1)  # the other process imports torch, or learns
    status, out, err = end(process, number)
    assert (status, out, lines(err)) == (130, "", [interrupt.SENTENCE])


@pytest.mark.parametrize(("name", "seconds"), [("bench", 3.0), ("classify", 1.5)])
def test_a_command_without_files_interrupted_at_any_time(name, seconds):
    process = start(*COMMANDS[name])
    time.sleep(seconds)
    status, out, err = end(process)
    assert status == 0 or (status, lines(err)) == (130, [interrupt.SENTENCE])


def test_pretraining_interrupted_while_it_learns(monkeypatch, capsys):
    def interrupted(*_):
        yield pretraining.PretrainingProgress("learning", 1, 2, 0.1)
        raise KeyboardInterrupt

    monkeypatch.setattr(pretraining, "pretrain", interrupted)
    monkeypatch.setattr(sys, "argv", ["lifelong", "pretrain", *SAMPLE])
    assert commands.main() == 130
    out, err = capsys.readouterr()
    assert out == "" and lines(err) == [interrupt.SENTENCE]


PHASES: dict[str, tuple[Callable[[Event], bool], str]] = {
    "extraction": (
        lambda event: isinstance(event, ExtractingFeatures),
        "Stopped before the first step; mine can go on from its start.",
    ),
    "start": (
        lambda event: isinstance(event, Started),
        "Stopped in task 1; what was learned is kept in mine.",
    ),
    "first task": (
        lambda event: isinstance(event, Step),
        "Stopped in task 1; what was learned is kept in mine.",
    ),
    "later task": (
        lambda event: isinstance(event, Step) and event.task == 1,
        "Stopped in task 2; what was learned is kept in mine.",
    ),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("phase", PHASES)
def test_training_interrupted_in_any_phase(monkeypatch, capsys, tmp_path, phase, as_json, number):
    folder = tmp_path / "mine"
    toys = PICTURES if phase == "extraction" else TOYS
    arguments = ["train", *toys, "--tasks", "2", "--steps", "15", "--out", str(folder)]
    monkeypatch.setattr(sys, "argv", ["lifelong", *arguments, *(["--json"] if as_json else [])])
    is_moment, sentence = PHASES[phase]
    learn = run_store.learn

    def interrupted(*given, **named):
        for event in learn(*given, **named):
            if is_moment(event):
                signal.raise_signal(number)
            yield event

    with monkeypatch.context() as patch:
        patch.setattr(run_store, "learn", interrupted)
        assert commands.main() == 130
    out, err = capsys.readouterr()
    assert lines(err) == [sentence]
    learned = phase == "later task"
    assert len(run_store.history(folder).learned) == learned
    if as_json:
        report = json.loads(out)
        assert report["run"] == "mine" and (report["accuracy"][0][0] is not None) == learned
    else:
        assert out.startswith("mine: ") and ("no task learned yet" in out) == (not learned)
    assert commands.main() == 0 and run_store.state(folder) == "finished"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_training_in_a_process_of_its_own_interrupted_in_its_first_task(tmp_path, number):
    folder = tmp_path / "mine"
    process = start(*LONG, "--out", str(folder))
    record = folder / "record.jsonl"
    until(lambda: record.exists() and '"step"' in record.read_text(), process)
    status, out, err = end(process, number)
    assert (status, out) == (130, "mine: no task learned yet\n")
    assert lines(err) == ["Stopped in task 1; what was learned is kept in mine."]
    assert run_store.state(folder) == "stopped"


@pytest.mark.parametrize("as_json", [True, False])
def test_training_interrupted_before_its_run_exists_goes_on_with_the_same_command(
    monkeypatch, capsys, tmp_path, as_json
):
    arguments = ("train", *TOYS, "--steps", "4", "--out", str(tmp_path / "mine"))
    monkeypatch.setattr(sys, "argv", ["lifelong", *arguments, *(["--json"] if as_json else [])])
    with monkeypatch.context() as patch:
        interrupted_by(patch, command_train, "make_config")
        assert commands.main() == 130
    out, err = capsys.readouterr()
    assert lines(err) == ["Stopped in task 1; what was learned is kept in mine."]
    assert json.loads(out)["accuracy"][0][0] is None if as_json else out.count("\n") == 1
    assert commands.main() == 0 and run_store.state(tmp_path / "mine") == "finished"


def interrupted_by(patch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """Raises SIGINT whenever a function of a module is called."""
    before = getattr(module, name)

    def interrupted(*given: object, **named: object) -> object:
        signal.raise_signal(signal.SIGINT)
        return before(*given, **named)

    patch.setattr(module, name, interrupted)


def test_training_interrupted_twice_ends_at_once(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lifelong", *LONG])
    interrupted_by(monkeypatch, command_train, "make_config")
    interrupted_by(monkeypatch, run_store, "create")
    assert commands.main() == 130
    out, err = capsys.readouterr()
    assert out == "" and lines(err) == [interrupt.SENTENCE]


def test_an_interrupted_study_preserves_its_results(tmp_path):
    folder = tmp_path / "mine"
    arguments = ("transfer", *TOYS, "--steps", "1000", "--seeds", "2", "--images", "1", "--json")
    arguments = (*arguments, "--out", str(folder))
    process = start(*arguments)
    record = folder / "record.jsonl"
    until(lambda: record.exists() and record.read_text().count("\n") > 0, process)
    time.sleep(1)  # another process starts beside it
    status, out, err = end(process)
    assert status == 130 and lines(err) == ["Stopped; the results so far are in mine."]
    assert json.loads(out)["finished"] is False and study_store.state(folder) == "stopped"


def test_signal_handlers_are_restored_after_training():
    before = [signal.getsignal(number) for number in interrupt.SIGNALS]
    with interrupt.interruptible() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in interrupt.SIGNALS] == before

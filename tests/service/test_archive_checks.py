"""Laws of runs from elsewhere: every kind of run is taken in; what does not fit leaves no trace."""

import io
import json
import random
import zipfile

import pytest
import torch
from safetensors.torch import save

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.inference import network_state, predict
from lifelong.runs import checkpoints, folders, store
from lifelong.runs import stored as run_stored
from lifelong.service import archive_checks, collection
from lifelong.storage import tensor_files
from lifelong.transfer import store as study_store
from tests.helpers import config, learned_run, one_pair_each, stop_after
from tests.runs.helpers import sentence
from tests.teaching.helpers import taught_run
from tests.transfer.helpers import small_study


def packed(folder, changes=(), name=None) -> bytes:
    """Returns the zip file of a run with some files changed; None for one that is left out."""
    content = io.BytesIO()
    files = {file.name: file.read_bytes() for file in folders_files(folder)} | dict(changes)
    with zipfile.ZipFile(content, "w") as archive:
        for file, data in files.items():
            if data is not None:
                archive.writestr(f"{name or folder.name}/{file}", data)
    return content.getvalue()


def folders_files(folder):
    return [file for file in sorted(folder.iterdir()) if not file.name.startswith(".")]


def load(content: bytes) -> str:
    return collection.load_zip(io.BytesIO(content))


def contents(folder):
    return {file.name: file.read_bytes() for file in folders_files(folder)}


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A learned run in a folder of its own, with a resume state within its last task."""
    folder = tmp_path_factory.mktemp("origin") / "toy-class-replay-abcdef"
    store.create(config("replay", step_checkpoints=True), folder)
    list(store.learn(folder, stop=stop_after(20)))
    return folder


@pytest.mark.parametrize(("strategy", "scenario"), one_pair_each())
def test_a_run_of_every_strategy_comes_back_with_its_id_and_answers_as_before(strategy, scenario):
    folder = learned_run(config(strategy, scenario, tasks=2))
    content, before = collection.zipped(folder.name), contents(folder)
    image = torch.zeros(1, 6, 6, dtype=torch.uint8).numpy()
    answers = predict.classify(folder, image)
    collection.delete(folder.name)
    assert load(content) == folder.name and contents(folder) == before
    assert predict.classify(folder, image) == answers
    assert not list(folders.home().glob(".loading-*"))


def test_a_stopped_run_goes_on_where_it_was_loaded(origin):
    name = load(packed(origin))
    assert name == origin.name
    assert store.state(store.folder(name)) == "stopped" and list(store.learn(store.folder(name)))
    assert store.history(store.folder(name)).finished


@pytest.mark.parametrize(("weights", "fits"), [
    ("resnet50-6-views", True), ("shipped", True), ("none", True), ("mine.safetensors", False),
    ("../backbones/resnet50-6-views", False),
])  # fmt: skip
def test_weights_are_those_of_a_backbone_that_ships_and_no_file(weights, fits):
    given = config(model="resnet50", network={"weights": weights})
    if fits:
        archive_checks._check_names(given)
    else:
        with pytest.raises(LifelongError, match="weights from a file of another machine"):
            archive_checks._check_names(given)


def test_a_run_that_has_learned_nothing_is_taken_in():
    folder = store.create(config("ewc"))
    content = collection.zipped(folder.name)
    collection.delete(folder.name)
    assert load(content) == folder.name


def test_a_run_that_is_here_already_is_refused_and_another_of_its_id_gets_a_new_one(origin):
    name = load(packed(origin))
    collection.rename(name, "My own")  # which makes it no other run
    with pytest.raises(LifelongError, match="is here already") as error:
        load(packed(origin))
    sentence(error)
    changed = packed(origin, {"config.json": (origin / "config.json").read_bytes() + b"\n"})
    other = load(changed)
    assert other != name and other.startswith("toy-class-replay-")
    assert {name, other} <= set(store.ids())


@pytest.mark.parametrize("name", ["mine", "new", "index.html"])
def test_an_id_without_a_random_number_is_not_taken_over(origin, name):
    assert load(packed(origin, name=name)).startswith("toy-class-replay-")


def test_what_came_with_the_project_is_here_already():
    for name in ("mnist-class-finetune", "transfer-mnist-digits"):
        with pytest.raises(LifelongError, match=f"here already, as {name}"):
            load(collection.zipped(name))


def test_a_taught_copy_is_taken_in_under_an_id_of_its_own():
    copy = taught_run(learned_run(config()))
    (copy / folders.UNLISTED).touch()
    name = load(packed(copy))
    assert name != copy.name and name in store.ids() and copy.name not in store.ids()
    assert api.history(name).config.taught and predict.classify(
        store.folder(name), torch.zeros(1, 6, 6, dtype=torch.uint8).numpy()
    )


def test_a_study_is_taken_in():
    folder = study_store.create(small_study())
    list(study_store.learn(folder))
    content = collection.zipped(folder.name)
    collection.delete(folder.name)
    assert load(content) == folder.name and study_store.result(folder).finished
    with pytest.raises(LifelongError, match="here already"):
        load(content)
    record = (folder / "record.jsonl").read_bytes()
    with pytest.raises(LifelongError, match="which no run has"):
        load(packed(folder, {"record.jsonl": record.replace(b'"data":"', b'"data":"<img>')}))


def edited(origin, **fields) -> bytes:
    """Returns the config of a run with other values in some fields."""
    return json.dumps(json.loads((origin / "config.json").read_text()) | fields).encode()


def recorded(origin, kind: str, **fields) -> bytes:
    """Returns the record of a run with other values in the first event of a kind."""
    events = [json.loads(line) for line in (origin / "record.jsonl").read_text().splitlines()]
    next(event for event in events if event["event"] == kind).update(fields)
    return "".join(json.dumps(event) + "\n" for event in events).encode()


WRONG_CONFIGS = [
    {"strategy": "nope"},
    {"model": "nope"},
    {"model": "resnet152"},
    {"dataset": "../../etc"},
    {"dataset": "a/b"},
    {"dataset": ""},
    {"target": "<b>"},
    {"original": "../x"},
    {"version": "<script>"},
    {"version": "x" * 2000},
    {"network": {"weights": "/etc/passwd"}},
    {"network": {"units": 10**9}},
    {"settings": {"per_class": 10**9}},
    {"settings": {"nope": 1}},
    {"tasks": 2},
    {"tasks": 1000},
    {"scenario": "domain"},
    {"more": 1},
    {"seed": -1},
]


@pytest.mark.parametrize("fields", WRONG_CONFIGS, ids=str)
def test_a_config_that_does_not_fit_is_refused(origin, fields):
    refused(packed(origin, {"config.json": edited(origin, **fields)}))


WRONG_EVENTS = [
    ("started", {"source": "![x](http://example.org/x.png)"}),
    ("started", {"source": "<img src=x>"}),
    ("started", {"source": "a\x1b[2J"}),
    ("started", {"classes": [["<b>", "1"], ["2", "3"], ["4", "5"]]}),
    ("started", {"classes": [["0"], ["2", "3"], ["4", "5"]]}),
    ("started", {"labels": [[0, 10**12], [2, 3], [4, 5]]}),
    ("started", {"labels": [[0, 0], [2, 3], [4, 5]]}),
    ("started", {"shape": [1, 10**6, 10**6]}),
    ("started", {"shape": [1, 7, 6]}),
    ("started", {"shape": [0, 6, 6]}),
    ("step", {"probe": [float("nan")]}),
    ("step", {"probe": [1.5]}),
    ("step", {"step": -1}),
    ("step", {"seconds": float("inf")}),
    ("task_learned", {"accuracy": [-0.1]}),
    ("task_learned", {"stored": {"<b>": 1}}),
    ("task_learned", {"stored": {"images": -1}}),
    ("task_learned", {"confusion": [{}, {}]}),
    ("task_learned", {"confusion": [{"0": -1}, {"0": 2}]}),
    ("task_learned", {"operations": -1}),
    ("task_learned", {"peak_memory": 10**4000}),
    ("task_learned", {"seconds": float("nan")}),
    ("task_learned", {"task": 7}),
]


@pytest.mark.parametrize(("kind", "fields"), WRONG_EVENTS, ids=str)
def test_a_record_that_does_not_fit_is_refused(origin, kind, fields):
    refused(packed(origin, {"record.jsonl": recorded(origin, kind, **fields)}))


def tensors(origin, name: str, change) -> bytes:
    """Returns a checkpoint of a run with its tensors changed."""
    state = tensor_files.read(origin / name)[0]
    change(state)
    out = origin.parent / "changed.safetensors"
    tensor_files.write(out, state, tensor_files.read_metadata(origin / name))
    return out.read_bytes()


def _drop(state):
    state.pop(next(iter(state)))


def _grow(state):
    name = next(iter(state))
    state[name] = torch.cat([state[name], state[name]])


def _spoil(state):
    for tensor in state.values():
        tensor.fill_(float("nan"))


def _add(state):
    state["network.more"] = torch.zeros(1)


@pytest.mark.parametrize("change", [_drop, _grow, _spoil, _add])
def test_tensors_that_do_not_fit_are_refused(origin, change):
    changed = tensors(origin, "task-1.safetensors", change)
    refused(packed(origin, {"task-1.safetensors": changed}))


@pytest.mark.parametrize(
    "changes",
    [
        {"task-0.safetensors": None},
        {"task-0.safetensors": b""},
        {"task-0.safetensors": b"\xff" * 100},
        {"resume-0.safetensors": b"no tensors"},
        {"summary.safetensors": b"no tensors"},
        {"steps-1.safetensors": b"no tensors"},
        {"task-7.safetensors": b""},
        {"pictures-1.safetensors": b""},
        {"config.json": b"{"},
        {"config.json": b"[" * 100_000},
        {"record.jsonl": b"?\n"},
        {"record.jsonl": None},
        {"record.jsonl": b""},
        {"stored.json": b"[" * 9000},
        {"stored.json": b'{"<b>": 1}'},
        {"stored.json": b"7"},
    ],
    ids=str,
)
def test_files_that_do_not_fit_are_refused(origin, changes):
    refused(packed(origin, changes))


def test_the_summary_of_a_run_that_ships_comes_along(origin):
    state = tensor_files.read(origin / "resume-1.safetensors")[0]
    images = {name: state[name] for name in (network_state.IMAGES, network_state.LABELS)}
    content = packed(origin, {"summary.safetensors": save(images), "resume-1.safetensors": None})
    name = load(content)
    loaded, own = network_state.stored_images(store.folder(name), 1), images[network_state.LABELS]
    assert sum(map(len, loaded.values())) == len(own) > 0
    assert b"summary.safetensors" in collection.zipped(name)


@pytest.mark.parametrize("pixels", [torch.zeros(2, 6, 6), torch.zeros(3, 7, 6), torch.zeros(())])
def test_a_summary_that_does_not_fit_shows_nothing(pixels):
    folder = learned_run(config("ewc"))
    checkpoints.resume_file(folder, 2).unlink()
    right = torch.arange(108.0).reshape(3, 6, 6)
    tensor_files.write(checkpoints.summary_file(folder), {network_state.PIXELS: right})
    assert (network_state.important_pixels(folder, 2) == right[2].numpy()).all()
    tensor_files.write(checkpoints.summary_file(folder), {network_state.PIXELS: pixels})
    assert network_state.important_pixels(folder, 2) is None


def test_a_damaged_name_is_dropped_and_a_good_one_stays(origin):
    name = load(packed(origin, {"bookmark.json": b'{"name": "Mine", "star": true}'}))
    assert api.run_row(name).name == "Mine"
    other = load(packed(origin, {"bookmark.json": b"<", "stored.json": b"{}"}))
    assert api.run_row(other).name == ""
    assert run_stored.storage(store.folder(other)) is not None


@pytest.mark.parametrize("seed", range(3))
def test_records_changed_at_random_are_taken_in_or_refused(origin, seed):
    """Whatever the bytes: a run that every reader can read, or a sentence and no trace."""
    dice = random.Random(seed)
    names = ["config.json", "record.jsonl", "task-1.safetensors", "steps-1.safetensors"]
    taken = 0
    for _ in range(25):
        name = dice.choice(names)
        data = bytearray((origin / name).read_bytes())
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(min(len(data), 3000))] = dice.choice(
                b'0123456789{}[]",:-eN\x00\xff'
            )
        before = sorted(folders.home().iterdir()) if folders.home().exists() else []
        try:
            run = load(packed(origin, {name: bytes(data)}))
        except LifelongError as error:
            assert "\n" not in str(error) and str(error).startswith("The file was not loaded. ")
            after = sorted(folders.home().iterdir()) if folders.home().exists() else []
            assert after == before
        else:
            taken += 1
            row = api.run_row(run)
            assert row.error is None and api.history(run).report(run)
    assert taken < 25


def refused(content: bytes) -> None:
    """Checks that a file is refused in one sentence, and that nothing is left of it."""
    with pytest.raises(LifelongError, match=r"^The file was not loaded\. ") as error:
        load(content)
    sentence(error)
    home = folders.home()
    assert not home.exists() or list(home.iterdir()) == []

"""Laws of runs on the Hub: what was pushed is pulled as it was; nothing else is taken in."""

import json
import pickle

import pytest
import yaml
from filelock import FileLock

from lifelong.errors import LifelongError
from lifelong.runs import folders, sources, store
from lifelong.service import collection, hub_runs
from lifelong.storage import hub, hub_requests
from lifelong.storage.progress import result_of
from tests.helpers import config, learned_run
from tests.hub_server import TOKEN, Hub, hub_in_use
from tests.runs.helpers import sentence
from tests.sample_files import Harmful
from tests.teaching.helpers import taught_run

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")


@pytest.fixture
def server(monkeypatch, tmp_path) -> Hub:
    """A stand-in of the Hub that this process speaks to, without a token."""
    with hub_in_use(monkeypatch, tmp_path) as running:
        yield running


@pytest.fixture
def ann(server, monkeypatch) -> Hub:
    """The same, with the token of one who may write to `ann/`."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return server


def files_of(folder) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir())
        if file.name != sources.FILE and not file.name.startswith(".")
    }


def pull(address: str, **options) -> str:
    return result_of(hub_runs.pull(address, **options))


def refused(address: str, says: str, **options) -> None:
    before = sorted(folders.home().glob("*")), sorted(folders.home().glob(".*"))
    with pytest.raises(LifelongError, match=says) as error:
        pull(address, **options)
    sentence(error)
    assert (sorted(folders.home().glob("*")), sorted(folders.home().glob(".*"))) == before


def test_a_run_is_pushed_with_a_card_and_pulled_as_it_was_from_the_listed_commit(ann, cli):
    run = learned_run(config("replay", tasks=2))
    collection.rename(run.name, "Mine")
    before = files_of(run)
    status, out, err = cli("push", run.name, "ann/toys", "--yes", "--private")
    assert (status, out) == (0, f"{run.name} is at {ann.url}/ann/toys.\n")
    stored = ann.repositories["ann/toys"]
    bookmark = before.pop("bookmark.json")
    assert bookmark and stored.private and "bookmark.json" not in stored.files
    assert before.items() <= stored.files.items()

    head, _, body = stored.files["README.md"].decode().removeprefix("---\n").partition("\n---\n")
    card = yaml.safe_load(head)
    assert card["library_name"] == "lifelong" and card["license"] == "mit"
    measures = {m["type"]: m["value"] for m in card["model-index"][0]["results"][0]["metrics"]}
    expected = store.history(run).measures()
    assert measures["accuracy"] == round(expected["average_accuracy"], 6)
    assert measures["forgetting"] == round(expected["forgetting"], 6)
    assert "--strategy replay" in body and "lifelong pull ann/toys" in body
    assert ("curves.png" in stored.files) == ("(curves.png)" in body)

    collection.delete(run.name)
    ann.requests.clear()
    report = json.loads(cli("pull", "ann/toys", "--json")[1])
    pulled = store.folder(report["run"])
    assert files_of(pulled) == before
    assert report["source"] == {
        "repository": "ann/toys",
        "commit": stored.main,
        "endpoint": ann.url,
    }
    resolved = [request for request in ann.requests if "/resolve/" in request]
    assert len(resolved) == len(before)
    assert all(f"/resolve/{stored.main}/" in request for request in resolved)
    assert collection.entries()[0].source == f"ann/toys@{stored.main[:7]}"
    assert sources.FILE not in {name for name in files_of(pulled)}
    refused("ann/toys", f"is here already, as {pulled.name}")


def test_without_yes_nothing_is_sent_and_the_files_bytes_and_address_are_said(server, cli):
    run = learned_run(config("finetune", tasks=2))
    status, out, _err = cli("push", run.name, "ann/toys")
    assert status == 0 and server.requests == []
    assert f"would be sent to {server.url}/ann/toys" in out and "Nothing was sent" in out
    sizes = json.loads(cli("push", run.name, "ann/toys", "--json")[1])["files"]
    own = {name: len(content) for name, content in files_of(run).items()}
    assert own.items() <= sizes.items() and all(name in out for name in sizes)


def test_a_push_without_a_token_and_to_others_is_refused_in_a_sentence(server, cli, monkeypatch):
    run = learned_run(config("finetune", tasks=1)).name
    status, out, err = cli("push", run, "ann/toys", "--yes")
    assert (status, out) == (2, "") and "needs your token" in err.splitlines()[-1]
    assert server.requests == []
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    status, out, err = cli("push", run, "bob/toys", "--yes")
    assert (status, out) == (2, "") and "does not let you" in err.splitlines()[-1]


def test_a_push_of_pictures_says_so_and_one_of_a_run_at_work_is_refused(server, cli):
    run = learned_run(config("finetune", tasks=1))
    assert "pictures" not in cli("push", run.name, "ann/toys")[1]
    with FileLock(run / ".lock"):
        status, out, err = cli("push", run.name, "ann/toys", "--yes")
    assert (status, out) == (2, "") and "is being learned" in err
    copy = taught_run(run)
    assert "the pictures that a class was taught from" in cli("push", copy.name, "ann/toys")[1]
    status, out, err = cli("push", store.create(config("ewc")).name, "ann/toys")
    assert (status, out) == (2, "") and "has not learned a task yet" in err


@pytest.mark.parametrize(
    ("part", "states"),
    [("repos/create", [503]), ("api/models", [503, 502]), ("commit/main", [503]), ("lfs/", [500])],
)
def test_a_server_that_fails_for_a_moment_is_tried_again(ann, part, states, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    run = learned_run(config("finetune", tasks=1))
    ann.failures[part] = list(states)
    files = {file.name: file for file in run.iterdir() if not file.name.startswith(".")}
    hub_runs.push(files, "ann/toys", "a run", private=False)
    assert ann.failures[part] == [] and set(files) <= set(ann.repositories["ann/toys"].files)
    collection.delete(run.name)
    ann.failures.update({"revision": [], "resolve": [503], "api/models": [503, 503]})
    assert pull("ann/toys").startswith("toy-class-finetune-") and ann.failures["resolve"] == []


def test_a_commit_whose_answer_was_lost_is_not_made_twice(ann, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    run = learned_run(config("finetune", tasks=1))
    files = {file.name: file for file in run.iterdir() if not file.name.startswith(".")}
    hub_runs.push(files, "ann/toys", "a run", private=False)
    commits = len(ann.repositories["ann/toys"].commits)
    hub_runs.push(files, "ann/toys", "a run", private=False)
    assert len(ann.repositories["ann/toys"].commits) == commits


def test_a_push_replaces_the_files_of_another_run_and_leaves_what_is_none(ann):
    ann.new("ann/toys", {"task-7.safetensors": b"x", "NOTES.md": b"mine", ".gitattributes": b""})
    files = {"config.json": b"{}", "task-0.safetensors": b"y"}
    hub_runs.push(files, "ann/toys", "a run", private=False)
    assert set(ann.repositories["ann/toys"].files) == {*files, "NOTES.md", ".gitattributes"}


def test_a_repository_that_does_not_answer_well_is_one_sentence(server):
    server.new("ann/empty", {"README.md": b"#"})
    server.new("ann/hidden", {"config.json": b"{}"}, private=True)
    refused("ann/nothing", "There is no repository ann/nothing")
    refused("ann/hidden", "or it is private")
    refused("ann/empty", r"holds no config\.json")
    refused("ann/empty@v9", "has no revision v9")
    server.failures["ann/empty"] = [503] * 3
    refused("ann/empty", "too busy or does not work")
    server.failures["ann/empty"] = [418]
    refused("ann/empty", "refused ann/empty")


@pytest.mark.parametrize(
    "given",
    ["", "toys", "a/b/c", "../b", "a/..", "a/b@", "a/b@-x", "a/b@x..y", "a/b--c", "a/b.git"],
)
def test_an_address_is_an_owner_and_a_name(server, given):
    with pytest.raises(LifelongError, match="no address") as error:
        pull(given)
    sentence(error)
    assert server.requests == []


def test_a_network_that_is_not_there_or_forbidden_is_one_sentence(server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    refused("ann/toys", "cannot be reached")
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    refused("ann/toys", "LIFELONG_OFFLINE")


def test_a_page_of_another_kind_in_place_of_the_hub_is_one_sentence(server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{server.url}/lfs")
    server.objects["api"] = b"<html>"
    refused("ann/toys", "none that the Hub gives")


@pytest.fixture
def origin(server) -> dict[str, bytes]:
    """The files of a run, which is at ann/toys."""
    run = learned_run(config("replay", tasks=2))
    files = files_of(run)
    collection.delete(run.name)
    collection.empty_trash()
    server.new("ann/toys", files)
    return files


def test_only_files_of_a_run_are_downloaded(server, origin, tmp_path):
    others = {
        "model.pkl": b"",
        "pytorch_model.bin": b"",
        "app/x.py": b"",
        "sub/config.json": b"",
        "source.json": b"",
        "..\\config.json": b"",
    }
    server.repositories["ann/toys"].add({**origin, **others})
    assert files_of(store.folder(pull("ann/toys"))) == origin
    resolved = {r.rpartition("/")[2] for r in server.requests if "/resolve/" in r}
    assert resolved == set(origin)


def test_large_files_and_full_disks_are_noticed_before_the_first_download(
    server, origin, monkeypatch
):
    refused("ann/toys", "at most 1 kB are loaded", most_bytes=1000)
    server.repositories["ann/toys"].add({**origin, "config.json": b" " * 1_000_001})
    refused("ann/toys", "announces 1.0 MB as config.json")
    server.repositories["ann/toys"].add(origin)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 1000})())
    refused("ann/toys", "only 1 kB are free")
    assert not [request for request in server.requests if "/resolve/" in request]


@pytest.mark.parametrize("change", [b"", b"x", b"x" * 500_000])
def test_a_file_that_is_not_the_listed_one_is_refused(server, origin, change):
    server.lies["task-0.safetensors"] = change
    refused("ann/toys", "task-0.safetensors arrived as another file")
    server.lies = {"record.jsonl": origin["record.jsonl"] + change[:1] + b" "}
    refused("ann/toys", "record.jsonl arrived as another file")


def test_a_connection_that_breaks_is_made_anew_and_one_that_breaks_always_is_given_up(
    server, origin
):
    server.cuts["record.jsonl"] = 2
    assert files_of(store.folder(pull("ann/toys"))) == origin
    collection.delete(store.ids()[0])
    collection.empty_trash()
    server.cuts["record.jsonl"] = 10
    refused("ann/toys", "cannot be reached")


def test_not_a_byte_more_is_written_than_was_listed(server, origin, tmp_path):
    server.lies["record.jsonl"] = bytes(3_000_000)
    listing = hub.snapshot(hub_requests.parse_address("ann/toys"))
    (listed,) = [each for each in listing.files if each.path == "record.jsonl"]
    with pytest.raises(LifelongError, match="another file"):
        list(hub.download(listing, listed, tmp_path / "file"))
    assert (tmp_path / "file").stat().st_size <= listed.nbytes


def test_a_run_that_does_not_fit_is_refused_as_one_from_a_zip_file_and_nothing_is_unpickled(
    server, origin, tmp_path
):
    mark = tmp_path / "unpickled"
    server.repositories["ann/toys"].add(
        {**origin, "task-1.safetensors": pickle.dumps(Harmful(mark))}
    )
    refused("ann/toys", "task-1.safetensors is damaged")
    wild = json.loads(origin["config.json"]) | {"version": "<script>"}
    server.repositories["ann/toys"].add({**origin, "config.json": json.dumps(wild).encode()})
    refused("ann/toys", "which no run has")
    server.repositories["ann/toys"].add({**origin, "task-9.safetensors": b""})
    refused("ann/toys", "record does not speak of")
    assert not mark.exists()


def test_an_earlier_revision_is_pulled_by_its_commit(server, origin):
    first = server.repositories["ann/toys"].main
    server.repositories["ann/toys"].add({"README.md": b"gone"})
    run = pull(f"ann/toys@{first}")
    assert files_of(store.folder(run)) == origin
    assert hub_runs.source(run).commit == first


def test_a_download_that_is_given_up_leaves_nothing(server, origin):
    steps = hub_runs.pull("ann/toys")
    for event in steps:
        if event.what.startswith("Downloading"):
            break
    steps.close()
    left = {path.name for path in folders.home().iterdir()} - {".trash"}
    assert left == set()


def test_two_runs_are_loaded_at_once_and_no_more_and_none_where_there_is_no_room(
    server, origin, monkeypatch
):
    begun = [hub_runs.pull("ann/toys") for _ in range(2)]
    for steps in begun:
        next(steps)
    refused("ann/toys", "2 others are being loaded")
    for steps in begun:
        steps.close()
    run = pull("ann/toys")
    monkeypatch.setenv("LIFELONG_MOST_GB", "1e-9")
    server.repositories["ann/toys"].add({**origin, "README.md": b"#"})
    refused("ann/toys", "room for no more")
    assert store.find(run)


def test_the_token_of_the_server_is_not_lent_to_visitors(ann, origin):
    ann.repositories["ann/toys"].private = True
    ann.tokens.clear()
    refused("ann/toys", "or it is private", own_token=False)
    assert set(ann.tokens) == {None}
    assert pull("ann/toys") in store.ids()

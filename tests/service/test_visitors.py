"""Laws of a server that strangers use: what is listed for whom, who may change what, quotas."""

import io
import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lifelong import api, datasets
from lifelong.errors import LifelongError
from lifelong.runs import bookmarks, folders
from lifelong.runs import store as run_store
from lifelong.service import collection, jobs, quotas
from lifelong.storage import owners, secret
from tests.app.helpers import IdleWorker
from tests.helpers import config
from tests.image_helpers import is_one_sentence

TOY = {"dataset": "toy", "model": "toy-mlp", "tasks": 2, "strategy": "finetune"}
A, B = "a" * 32, "b" * 32


class Visitors:
    """Visitors of a public server; `now` is the present one."""

    def __init__(self) -> None:
        self.now = A

    @contextmanager
    def as_(self, visitor: str):
        before, self.now = self.now, visitor
        yield
        self.now = before


@pytest.fixture
def visitors(monkeypatch):
    """A public server, whose present visitor a test names."""
    monkeypatch.setattr(quotas, "LEDGER", quotas.Ledger())
    found = Visitors()
    with owners.used(owners.Rules(lambda: found.now)):
        yield found


@pytest.fixture
def worker():
    with api.connected(IdleWorker()) as idle:
        yield idle


def refused(call, *arguments, match: str = "") -> str:
    """Returns the sentence with which a call is refused."""
    with pytest.raises(LifelongError, match=match or None) as error:
        call(*arguments)
    assert is_one_sentence(str(error.value))
    return str(error.value)


def listed_now() -> set[str]:
    """Returns the ids that any list of runs, studies or data sets has for the present visitor."""
    lists = [row.id for row in api.run_list()], api.study_list(), api.queue(), api.datasets()
    entries = [entry.id for entry in collection.entries()]
    deleted = [each.id for each in collection.deleted()]
    return {*entries, *deleted, *api.own_data.names(), *(name for names in lists for name in names)}


def shipped_now() -> set[str]:
    everyones = {folder.name for folder in run_store.shipped()} | set(datasets.names())
    return everyones | {name for name in api.study_list() if api.is_shipped(name)}


class TestOwners:
    @settings(max_examples=15, deadline=None)
    @given(
        some.lists(
            some.tuples(
                some.sampled_from([A, B, ""]), some.sampled_from(["run", "study", "rm", "open"])
            ),
            max_size=8,
        )
    )
    def test_no_list_of_one_visitor_ever_has_what_is_anothers(self, steps):
        found = Visitors()
        made: dict[str, set[str]] = {A: set(), B: set(), "": set()}
        root = Path(os.environ["LIFELONG_RUNS"])
        os.environ["LIFELONG_RUNS"] = str(root / os.urandom(4).hex())
        try:
            with owners.used(owners.Rules(lambda: found.now)), api.connected(IdleWorker()) as idle:
                for visitor, step in steps:
                    found.now = visitor
                    everything = [name for names in made.values() for name in names]
                    if step == "run":
                        name = api.create(**TOY)
                        idle.positions[name] = len(idle.positions)
                        made[visitor].add(name)
                    elif step == "study":
                        made[visitor].add(api.create_study(dataset="toy", model="toy-mlp", seeds=1))
                    elif step == "rm" and made[visitor]:
                        name = min(made[visitor])
                        idle.positions.pop(name, None)
                        if visitor:
                            jobs.find(name) and collection.delete(name)
                            collection.bring_back(name)
                    elif step == "open":
                        api.access.note_opened(everything)
                    for present in (A, B):
                        found.now = present
                        others = {n for who, names in made.items() if who != present for n in names}
                        assert not listed_now() & others
                        assert made[present] <= listed_now()
                    found.now = ""
                    assert not listed_now() & set(everything)
        finally:
            os.environ["LIFELONG_RUNS"] = str(root)

    def test_a_link_opens_a_run_for_everybody_and_lets_nobody_else_change_it(
        self, visitors, worker
    ):
        run = api.create(**TOY)
        collection.rename(run, "Mine")
        assert len(run.rpartition("-")[2]) == 16
        for other in (B, ""):
            with visitors.as_(other):
                assert api.history(run).config.dataset == "toy" and api.run_row(run).name == "Mine"
                assert api.access.may_change(run) is False and api.access.refusal(run)
                for call in (
                    collection.delete,
                    api.learn,
                    api.stop,
                    api.undo,
                    api.health.end_process,
                ):
                    refused(call, run, match="not yours")
                refused(collection.rename, run, "Yours", match="not yours")
                refused(collection.set_star, run, True, match="not yours")
                refused(api.learn_in_turns, [run], match="not yours")
        assert worker.orders == [] and worker.stopped == [] and collection.name_of(run) == "Mine"
        assert api.access.may_change(run) and api.access.refusal(run) == ""

    def test_what_has_no_owner_is_nobodys_on_a_public_server_and_everybodys_elsewhere(
        self, visitors, worker
    ):
        with owners.used(owners.Rules()):
            run = api.create(**TOY)
            assert run in listed_now() and api.access.may_change(run)
            assert not (folders.home() / run / owners.FILE).exists()
        assert run not in listed_now() and not api.access.may_change(run)
        assert len(run.rpartition("-")[2]) == 6

    def test_what_ships_is_everybodys_and_stays_as_it_is(self, visitors, worker):
        name = "mnist-class-ewc"
        assert name in listed_now() and not api.access.may_change(name)
        for call in (collection.delete, api.learn, api.undo):
            refused(call, name)
        refused(collection.rename, name, "Mine")
        with visitors.as_(""):
            assert name in listed_now()

    def test_no_sentence_names_the_run_of_another(self, visitors):
        run = api.create(**TOY)
        with visitors.as_(B):
            assert run[-8:] not in refused(api.history, run[:-1])
        collection.delete(run)
        with visitors.as_(B):
            assert run[-8:] not in refused(collection.bring_back, run).replace(run, "")
            assert run[-8:] not in refused(collection.bring_back, run[:-1])
            assert collection.empty_trash() == 0
        assert collection.bring_back(run) == run

    def test_a_zip_file_is_its_loaders_under_an_id_that_nobody_chose(self, visitors):
        run = api.create(**TOY)
        content = collection.zipped(run)
        assert owners.FILE not in str(content) and b".owner" not in content
        with visitors.as_(B):
            own = collection.load_zip(io.BytesIO(content))
            assert own != run and own in listed_now() and run not in listed_now()
        assert own not in listed_now()

    def test_who_a_run_belongs_to_is_a_hash_on_disk_and_survives_the_trash(self, visitors):
        run = api.create(**TOY)
        folder = folders.home() / run
        assert (folder / owners.FILE).read_text() == A
        bookmarks.write(folder, bookmarks.Bookmark(name="x"))
        collection.delete(run)
        assert collection.bring_back(run) == run and owners.owner(folder) == A

    def test_the_server_itself_counts_everything(self, visitors):
        run = api.create(**TOY)
        with visitors.as_(B):
            assert run not in listed_now()
            with owners.as_server():
                assert run in listed_now()
            assert run not in listed_now()


class TestReadOnly:
    def test_everything_that_changes_something_is_refused_in_the_same_sentence(self, worker):
        run = api.create(**TOY)
        before = sorted(folders.home().rglob("*"))
        calls = [
            (api.create, {**TOY}),
            (api.create_study, {"dataset": "toy"}),
            *[
                (call, {"name": run})
                for call in (api.learn, api.stop, collection.delete, collection.bring_back)
            ],
            (api.learn_in_turns, {"names": [run]}),
            (api.undo, {"run": run}),
            (api.health.end_process, {"name": run}),
            (collection.rename, {"name": run, "title": "x"}),
            (collection.set_star, {"name": run, "star": True}),
            (collection.empty_trash, {}),
            (collection.load_zip, {"file": io.BytesIO(collection.zipped(run))}),
            (lambda **given: list(collection.pull(**given)), {"given": "a/b"}),
            (api.own_data.stage_uploads, {"uploads": []}),
            (api.own_data.keep, {"staged": "x", "name": "x", "source": ""}),
            (api.lessons.begin, {"run": run, "name": "x", "files": [], "strategy": "replay"}),
            (api.lessons.prepare, {"run": run}),
            (api.challenges.score, {"kept": list(range(20))}),
        ]
        with owners.used(owners.Rules(read_only=True)):
            assert run in listed_now() and api.access.refusal(run) == api.access.READ_ONLY
            for call, given_ in calls:
                with pytest.raises(LifelongError) as error:
                    call(**given_)
                assert api.access.READ_ONLY in str(error.value), call
        assert sorted(folders.home().rglob("*")) == before and worker.orders == []
        api.learn(run)
        assert worker.orders == [(run, None)]


class TestQuotas:
    def test_a_visitor_who_has_enough_runs_is_told_what_to_do_and_another_is_not(
        self, visitors, monkeypatch
    ):
        monkeypatch.setenv(quotas.VISITOR_RUNS, "2")
        runs = [api.create(**TOY) for _ in range(2)]
        refused(lambda: api.create(**TOY), match="You have 2 runs .* may have 2; delete some")
        refused(lambda: api.create_study(dataset="toy"), match="You have 2 runs")
        with visitors.as_(B):
            refused(api.check_new, 3, match="You have 0 runs")
            api.check_new(2)
            api.create(**TOY)
        collection.delete(runs[0])
        api.create(**TOY)
        with owners.used(owners.Rules()):
            api.check_new(100)  # on one's own machine

    def test_bytes_count_runs_and_what_was_deleted(self, visitors, monkeypatch):
        run = api.create(**TOY)
        monkeypatch.setenv(quotas.VISITOR_GB, "1e-9")
        refused(lambda: api.create(**TOY), match="Your runs and data sets take .* delete some")
        collection.delete(run)
        refused(lambda: api.create(**TOY), match="Your runs and data sets take")
        with visitors.as_(B):
            api.check_new()
        collection.empty_trash()
        api.check_new()

    def test_seconds_and_uploads_are_those_of_the_last_day_of_one_and_of_all(
        self, visitors, monkeypatch, worker
    ):
        now = [0.0]
        ledger = quotas.Ledger(lambda: now[0])
        monkeypatch.setattr(quotas, "LEDGER", ledger)
        run = api.create(**TOY)
        monkeypatch.setenv(quotas.VISITOR_SECONDS, "60")
        monkeypatch.setenv(quotas.TOTAL_SECONDS, "100")
        ledger.add(quotas.SECONDS, A, 59)
        api.learn(run)
        ledger.add(quotas.SECONDS, A, 1)
        refused(api.learn, run, match="Your runs have trained 60 s within a day")
        refused(lambda: api.create(**TOY), match="within a day")
        with visitors.as_(B):
            own = api.create(**TOY)
            ledger.add(quotas.SECONDS, B, 41)
            refused(api.learn, own, match="This server has trained")
        now[0] += quotas.DAY + 1
        api.learn(run)
        monkeypatch.setenv(quotas.VISITOR_UPLOADS, "1")
        monkeypatch.setenv(quotas.TOTAL_UPLOADS, "2")
        content = collection.zipped(run)
        collection.delete(run)
        collection.load_zip(io.BytesIO(content))
        refused(collection.load_zip, io.BytesIO(content), match="You have sent 1 file within a day")
        with visitors.as_(B):
            collection.load_zip(io.BytesIO(content))
        with visitors.as_("c"):
            refused(collection.load_zip, io.BytesIO(content), match="2 files came to this server")

    def test_of_those_who_wait_one_has_no_more_than_his_share(self, visitors, monkeypatch, worker):
        monkeypatch.setenv(quotas.VISITOR_WAITING, "2")
        for _ in range(2):
            worker.positions[api.create(**TOY)] = len(worker.positions)
        refused(lambda: api.create(**TOY), match="2 runs of yours wait")
        with visitors.as_(B):
            api.create(**TOY)

    def test_the_oldest_that_nobody_shared_goes_first_and_never_one_at_work(
        self, visitors, monkeypatch, worker
    ):
        runs = []
        for number in range(5):
            with visitors.as_([A, B][number % 2]):
                runs.append(api.create(**TOY))
                at = 1e9 + number
                os.utime(folders.home() / runs[-1] / owners.FILE, (at, at))
        with owners.used(owners.Rules()):
            nobodys = api.create(**TOY)
        at_work, shared = runs[0], runs[1]
        worker.positions[at_work] = 0
        with visitors.as_("c"):
            api.access.note_opened([shared, "nothing", "mnist-class-ewc"])
        api.access.note_opened([runs[2]])  # its owner
        monkeypatch.setenv(quotas.TOTAL_RUNS, "5")
        gone = []
        for _ in range(4):
            with visitors.as_("c"):
                runs.append(api.create(**TOY))
            at = 2e9 + len(runs)
            os.utime(folders.home() / runs[-1] / owners.FILE, (at, at))
            gone += [run for run in runs if not api.has_run(run) and run not in gone]
        assert gone == [runs[2], runs[3], runs[4], runs[5]]
        assert api.has_run(at_work) and api.has_run(shared) and api.has_run(nobodys)
        monkeypatch.setenv(quotas.TOTAL_RUNS, "1")
        with visitors.as_("c"):
            refused(lambda: api.create(**TOY), match="room for 1 runs|room for 1 run")
        assert api.has_run(at_work) and not api.has_run(shared) and api.has_run(nobodys)

    def test_what_was_deleted_goes_before_any_run(self, visitors, monkeypatch):
        kept, deleted = api.create(**TOY), api.create(**TOY)
        collection.delete(deleted)
        nbytes = quotas.listed.nbytes(folders.home())
        monkeypatch.setenv("LIFELONG_MOST_GB", str((nbytes - 10) / 1e9))
        api.create(**TOY)
        assert api.has_run(kept) and collection.deleted() == []

    def test_a_quota_is_a_number_above_0(self, visitors, monkeypatch):
        monkeypatch.setenv(quotas.VISITOR_RUNS, "many")
        refused(lambda: api.create(**TOY), match="LIFELONG_VISITOR_RUNS was given as 'many'")


class TestSecret:
    def test_it_is_made_once_for_its_user_alone_and_can_be_given(self, tmp_path, monkeypatch):
        file = tmp_path / "runs" / ".secret"
        found = secret.read_or_make(file)
        assert len(found) >= 32 and secret.read_or_make(file) == found
        assert file.stat().st_mode & 0o777 == 0o600 and list(file.parent.iterdir()) == [file]
        monkeypatch.setenv(secret.VARIABLE, "x" * 40)
        assert secret.read_or_make(file) == "x" * 40
        monkeypatch.setenv(secret.VARIABLE, "short")
        refused(secret.read_or_make, file, match="LIFELONG_SECRET")

    def test_a_server_that_cannot_write_has_one_of_its_own(self, tmp_path):
        (tmp_path / "file").touch()
        found = [secret.read_or_make(tmp_path / "file" / ".secret") for _ in range(2)]
        assert len(set(found)) == 2 and all(len(each) >= 32 for each in found)


def test_a_run_is_owned_before_a_list_can_have_it(visitors, monkeypatch):
    order = []
    monkeypatch.setattr(
        owners, "claim", lambda folder: order.append((folder / "config.json").exists())
    )
    run_store.create(config())
    assert order == [False]

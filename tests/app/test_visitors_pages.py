"""Laws of every page and endpoint on a public server, and on one that is read-only."""

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.server import visitor
from app.views.draw import choices, endpoints, lesson_routes
from lifelong import api, datasets
from lifelong.runs import store as run_store
from lifelong.service import collection, quotas
from lifelong.storage import owners
from tests.app.helpers import button_keys, open_page, page_text
from tests.app.test_lesson_routes import Teacher, post
from tests.datasets.test_own import pets, zipped
from tests.helpers import config, learn, learned_run
from tests.image_helpers import is_one_sentence

A, B = "a" * 32, "b" * 32
NAME = "Zebra crossing"
PAGES = ("learn", "train", "compare", "inspect", "transfer", "runs", "own_data", "about", "draw")
SHIPPED = "mnist-class-ewc"
# Buttons that show something and change nothing on the server.
SHOWING = {
    "download", "no_query_stats", "no_draw", "no_compare_arrows", "verify", "next", "back", "play",
    "again", "source_study",
}  # fmt: skip


class Visitors:
    now = A


@pytest.fixture
def visitors(monkeypatch):
    monkeypatch.setattr(quotas, "LEDGER", quotas.Ledger())
    found = Visitors()
    with owners.used(owners.Rules(lambda: found.now)):
        yield found


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    datasets.forget()


def everything_in(at) -> str:
    """Returns all that a page sends to the browser: texts, choices, links, tables."""
    sent = "".join(str(node.proto) for node in at._tree if hasattr(node, "proto"))
    return sent + "".join(frame.value.to_csv() for frame in at.dataframe)


@pytest.fixture
def of_a(visitors, worker) -> dict[str, str]:
    """A run, one at work, a study and a data set of a visitor, who has left; ids by kind."""
    run = learned_run(config("replay", tasks=2)).name
    collection.rename(run, NAME)
    work = api.create(dataset="toy", model="toy-mlp", tasks=2, strategy="ewc")
    study = api.create_study(dataset="toy", model="toy-mlp", seeds=1)
    worker.positions[work] = 0
    staged = api.own_data.stage_uploads([zipped(pets())])
    stored = api.own_data.keep(staged.id, "zebras", "zebras.zip")
    deleted = learned_run(config("finetune", tasks=2)).name
    collection.delete(deleted)
    return {"run": run, "work": work, "study": study, "data": stored, "deleted": deleted}


def test_no_page_of_one_visitor_has_what_is_anothers(visitors, of_a):
    seen = {A: "", B: ""}
    for visitors.now, pages in ((A, ("train", "inspect", "runs", "own_data")), (B, PAGES)):
        for name in pages:
            seen[visitors.now] += everything_in(open_page(name))
        for query in ({"race": "new"}, {"study": "new"}):
            seen[visitors.now] += everything_in(open_page("compare", **query))
            seen[visitors.now] += everything_in(open_page("transfer", **query))
        seen[visitors.now] += json.dumps([c.run + c.name for c in choices.readable_runs()])
    for word in (*of_a.values(), NAME):
        assert word not in seen[B]
        assert word == of_a["study"] or word in seen[A], f"the test looks for {word} in vain"


def test_a_link_shows_a_run_without_what_would_change_it(visitors, of_a):
    visitors.now = B
    run, work = of_a["run"], of_a["work"]
    changing = {"learn_all", "learn_next", "undo", "stop", "resume", "go_on"}
    for page in ("train", "inspect", "draw"):
        at = open_page(page, run=run)
        assert not button_keys(at) & changing
    assert NAME in page_text(open_page("train", run=run))
    assert api.access.NOT_YOURS in page_text(open_page("train", run=run))
    stopped = open_page("train", run=of_a["work"])
    assert not button_keys(stopped) & changing and api.access.NOT_YOURS in page_text(stopped)
    compared = open_page("compare", runs=f"{run},{work}")
    assert not button_keys(compared) & changing and len(compared.multiselect[0].value) == 2
    study = open_page("transfer", study=of_a["study"])
    assert not button_keys(study) & changing and api.access.NOT_YOURS in page_text(study)
    assert owners.is_shared(run_store.folder(run)), "it was opened by its link"
    visitors.now = A
    assert {"undo"} <= button_keys(open_page("train", run=run))
    assert {"stop"} <= button_keys(open_page("train", run=work))
    assert {"go_on"} <= button_keys(open_page("transfer", study=of_a["study"]))


def test_the_runs_page_says_whose_runs_are_listed_and_what_refused_cookies_mean(visitors):
    assert "for you alone" in page_text(open_page("runs"))
    with owners.used(owners.Rules(visitor.identified_by(visitor.Signer("s" * 40)))):
        at = open_page("runs")
        assert "Your browser refuses cookies" in page_text(at)
        number = at.session_state[visitor.SESSION]
        at.run()
        assert at.session_state[visitor.SESSION] == number
    with owners.used(owners.Rules()):
        text = page_text(open_page("runs"))
        assert "cookies" not in text and "for you alone" not in text


def test_a_read_only_server_has_no_button_that_changes_something_on_any_page(worker):
    done = learned_run(config("replay", tasks=2)).name
    rest = run_store.create(config("finetune", tasks=3))
    learn(rest, until=1)
    study = api.create_study(dataset="toy", model="toy-mlp", seeds=1)
    collection.delete(learned_run(config("ewc", tasks=2)).name)
    addresses = [(page, {}) for page in PAGES]
    for run in (SHIPPED, done, rest.name):
        addresses += [(page, {"run": run}) for page in ("train", "inspect", "draw")]
    addresses += [("train", {"runs": f"{done},{rest.name}"}), ("train", {"run": "nothing"})]
    addresses += [("compare", {"runs": f"{done},{rest.name}"}), ("compare", {"race": "new"})]
    addresses += [("transfer", {"study": name}) for name in (study, "new", "nothing")]
    addresses += [("learn", {"step": str(step)}) for step in range(1, 6)]
    elsewhere = button_keys(open_page("train", run=rest.name)) | button_keys(open_page("runs"))
    assert {"learn_all", "undo", "delete"} <= elsewhere - SHOWING
    with owners.used(owners.Rules(read_only=True)):
        for page, query in addresses:
            at = open_page(page, **query)
            found = {key for key in button_keys(at) if key}
            assert found <= SHOWING, (page, query, found - SHOWING)
            assert not at.file_uploader
        for page, query in [(page, {}) for page in ("train", "runs", "own_data")]:
            assert api.access.READ_ONLY in page_text(open_page(page, **query))
        assert api.access.READ_ONLY in page_text(open_page("transfer", study="new"))
        assert api.access.READ_ONLY in page_text(open_page("train", run=rest.name))


def test_a_read_only_server_refuses_every_endpoint_that_changes_something(worker):
    with api.lessons.connected(Teacher()):
        client = TestClient(Starlette(routes=[lesson_routes.routes()]))
        copy = post(client).json()["run"]
        with owners.used(owners.Rules(read_only=True)):
            answers = [
                post(client),
                client.post("/lessons/prepare", content=json.dumps({"run": SHIPPED})),
                client.post(f"/lessons/{copy}/undo"),
                client.post(f"/lessons/{copy}/keep", content="Mine"),
            ]
            assert {answer.status_code for answer in answers} == {400}
            assert {answer.json()["error"] for answer in answers} == {api.access.READ_ONLY}
            with pytest.raises(Exception, match="read-only") as error:
                endpoints.teach([], SHIPPED, "x")
            assert is_one_sentence(str(error.value).strip("'"))
            assert client.get(f"/lessons/{copy}").json()["done"] == 1
            assert client.get(f"/lessons/{copy}/download").status_code == 200


def test_a_taught_copy_is_its_visitors_and_that_of_nobody_who_has_its_id(visitors):
    with api.lessons.connected(Teacher()):
        client = TestClient(Starlette(routes=[lesson_routes.routes()]))
        copy = post(client).json()["run"]
        visitors.now = B
        for answer in (client.post(f"/lessons/{copy}/undo"), client.post(f"/lessons/{copy}/keep")):
            assert answer.status_code == 400 and is_one_sentence(answer.json()["error"])
        assert client.get(f"/lessons/{copy}").json()["done"] == 1
        visitors.now = A
        assert client.post(f"/lessons/{copy}/undo").status_code == 200
        visitors.now = ""  # no cookie: of whoever has the id
        copy = post(client).json()["run"]
        visitors.now = B
        assert client.post(f"/lessons/{copy}/undo").status_code == 200

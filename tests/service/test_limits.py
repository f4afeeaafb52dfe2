"""Laws of the limits of a server: none unless they are set; beyond them a sentence, or rest."""

import io

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.runs import folders, store
from lifelong.service import limits, worker
from tests.helpers import config, learn
from tests.runs.helpers import sentence


def test_without_variables_there_is_no_limit():
    limits.check_new(10**6)
    assert limits.sentence() == "" and limits.until_limit(stop := bool) is stop


@pytest.mark.parametrize("given", ["x", "0", "-1", "nan"])
def test_a_limit_is_a_number_above_0(monkeypatch, given):
    monkeypatch.setenv(limits.SECONDS, given)
    with pytest.raises(LifelongError, match="LIFELONG_MOST_SECONDS was given as") as error:
        limits.sentence()
    sentence(error)


def test_no_new_run_or_study_is_made_when_many_wait_or_the_runs_take_too_much(monkeypatch):
    fields = {"dataset": "toy", "model": "toy-mlp", "tasks": 2, "strategy": "finetune"}
    monkeypatch.setenv(limits.WAITING, "2")
    limits.check_new(1)
    with pytest.raises(LifelongError, match="2 runs wait") as error:
        limits.check_new(2)
    sentence(error)
    run = api.create(**fields)
    before = sorted(folders.home().rglob("*"))
    monkeypatch.setenv(limits.GIGABYTES, "1e-9")
    for make in (lambda: api.create(**fields), lambda: api.create_study(dataset="toy")):
        with pytest.raises(LifelongError, match="room for no more") as error:
            make()
        sentence(error)
    assert api.run_list()[0].id == run and sorted(folders.home().rglob("*")) == before


def test_a_run_rests_after_its_time_and_goes_on_when_it_is_resumed(monkeypatch):
    folder = store.create(config("finetune", tasks=2))
    monkeypatch.setenv(limits.SECONDS, "1e-9")
    learn(folder, stop=limits.until_limit(lambda: False))
    assert store.state(folder) == "stopped"
    monkeypatch.setenv(limits.SECONDS, "60")
    learn(folder, stop=limits.until_limit(lambda: False))
    assert store.state(folder) == "finished"
    assert "about 1 min at a time" in limits.sentence()


def test_the_worker_gives_every_job_its_time(monkeypatch):
    folder, answers = store.create(config("finetune", tasks=2)), io.StringIO()
    monkeypatch.setenv(limits.SECONDS, "1e-9")
    worker._work({"job": 1, "learn": str(folder), "until": None}, worker.JobQueue(), answers)
    assert store.state(folder) == "stopped" and '"ended": 1' in answers.getvalue()

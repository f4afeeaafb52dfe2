"""Command `evaluate`: what it says of records that agree and of those that do not."""

import json

from tests.helpers import config, learned_run
from tests.inference.test_evaluation import edit_rows, make_old


def test_evaluate_says_of_each_run_whether_its_record_is_that_of_its_checkpoints(cli):
    same, other = learned_run(config("replay")), learned_run(config("finetune"))
    edit_rows(same, make_old)
    edit_rows(other, lambda event: event["accuracy"].__setitem__(0, 0.0))
    status, out, err = cli("evaluate", same.name, other, "--json")
    first, second = json.loads(out)
    assert status == 2 and not err
    assert first == {"run": same.name, "written": True, "replaced": False, "differences": []}
    assert second["run"] == other.name and not second["written"] and second["differences"]
    assert cli("evaluate", same.name)[0] == 0
    status, out, _ = cli("evaluate", other.name)
    assert status == 2 and "the record stays as it is" in out and "points" in out


def test_evaluate_of_an_unknown_run_is_one_sentence(cli):
    status, out, err = cli("evaluate", "no-such-run")
    assert status == 2 and not out and "no-such-run" in err and err.count("\n") == 1

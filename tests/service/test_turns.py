"""Laws of the queue: visitors take turns, and nobody waits for one who has left."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some

from lifelong.service.turns import in_turns
from lifelong.service.worker_client import WorkerClient
from lifelong.storage import owners
from tests.properties.helpers import quick
from tests.service.test_worker_client import ScriptedWorker, begin, end, until


@dataclass(frozen=True)
class Waiting:
    owner: str
    number: int


VISITORS = some.sampled_from("abcd")
QUEUES = some.lists(VISITORS, max_size=14)


def queue_of(given_by) -> list[Waiting]:
    return [Waiting(owner, number) for number, owner in enumerate(given_by)]


@quick
@given(QUEUES, some.dictionaries(VISITORS, some.integers(0, 9)), some.sets(VISITORS))
def test_everything_is_done_once_in_the_order_of_each_and_those_away_are_last(by, served, away):
    waiting = queue_of(by)
    found = in_turns(waiting, served, away.__contains__)
    assert sorted(found, key=lambda item: item.number) == waiting
    for owner in set(by):
        own = [item.number for item in found if item.owner == owner]
        assert own == sorted(own)
    states = [item.owner in away for item in found]
    assert states == sorted(states)


@quick
@given(QUEUES)
def test_while_two_wait_neither_gets_two_turns_more_than_the_other(by):
    found = [item.owner for item in in_turns(queue_of(by), {}, lambda owner: False)]
    left, turns = Counter(by), Counter[str]()
    for owner in found:
        assert turns[owner] <= min(turns[each] for each in left if left[each])
        turns[owner] += 1
        left[owner] -= 1


@quick
@given(QUEUES, some.dictionaries(VISITORS, some.integers(0, 9)))
def test_the_order_shown_is_the_order_in_which_turns_come_if_nobody_joins(by, served):
    waiting, served = queue_of(by), dict(served)
    shown = in_turns(waiting, served, lambda owner: False)
    done = []
    while waiting:
        item = in_turns(waiting, served, lambda owner: False)[0]
        waiting.remove(item)
        served[item.owner] = max(served.values(), default=0) + 1
        done.append(item)
    assert done == shown


def test_ten_orders_of_one_visitor_do_not_block_another_nor_do_those_of_one_who_left(monkeypatch):
    workers: list[ScriptedWorker] = []
    now, present = [0.0], ["many"]

    def start():
        workers.append(ScriptedWorker())
        return workers[-1]

    monkeypatch.setattr(owners.time, "monotonic", lambda: now[0])
    client = WorkerClient(start)
    many = [Path(f"/runs/many-{number}") for number in range(10)]
    with owners.used(owners.Rules(lambda: present[0])):
        for folder in many:
            client.learn(folder)
        begin(client, workers[0], many[0])
        present[0] = "one"
        client.learn(Path("/runs/one"))
        client.learn(Path("/runs/one-more"))
        assert client.queue_position(Path("/runs/one")) == 1
        assert client.queue_position(Path("/runs/one-more")) == 3
        assert client.seconds_until_turn(Path("/runs/one")) is None, "no order has ended yet"
        now[0] = 10.0
        end(client, workers[0], many[0])
        begin(client, workers[0], Path("/runs/one"))
        now[0] = 13.0
        assert client.seconds_until_turn(many[1]) == 7.0
        assert client.seconds_until_turn(Path("/runs/one-more")) == 17.0
        # The visitor with many orders closes his pages; the other one is still there.
        now[0] = 200.0
        owners.visitor()
        assert client.queue_position(Path("/runs/one-more")) == 1
        assert client.queue_position(many[1]) == 2
        present[0] = "many"
        owners.visitor()
        assert client.queue_position(many[1]) == 1, "he is back"
    client.close()
    until(lambda: client.queue() == [])

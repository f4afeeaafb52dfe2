"""Laws of the figures of a crowd: how old a view is, and how fast the run is that it shows."""

from pathlib import Path

import pytest

from benchmarks.crowd import RUN, Recorded, ages


def recorded(*moments: tuple[tuple[int, int], float]) -> Recorded:
    return Recorded(Path("record.jsonl"), dict(moments))


def test_a_moment_is_as_old_as_the_first_view_that_shows_it_or_a_later_one():
    record = recorded(((1, 100), 10.0), ((1, 200), 11.0), ((2, 100), 12.0))
    seen = [((1, 100), 10.5), ((2, 100), 12.25), ((2, 100), 13.0)]
    assert ages(record, seen, begin=0) == [0.5, 1.25, 0.25]
    assert ages(record, seen, begin=11.5) == [0.25], "what came before it does not count"


def test_what_was_written_after_the_last_view_is_not_late():
    record = recorded(((1, 100), 10.0), ((1, 200), 11.0))
    assert ages(record, [((1, 100), 10.5)], begin=0) == [0.5]
    assert ages(record, [], begin=0) == []


def test_speed_counts_the_steps_of_whole_tasks():
    steps = int(RUN["steps"])
    record = recorded(((1, steps - 100), 10.0), ((2, 100), 12.0), ((2, 900), 99.0))
    assert record.steps_per_second(5, 20) == pytest.approx(100)

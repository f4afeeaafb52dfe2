"""Order in which the visitors of a server take their turns in the queue of the worker."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar


class Owned(Protocol):
    """Anything that belongs to a visitor."""

    owner: str


Item = TypeVar("Item", bound=Owned)


def in_turns(
    waiting: Sequence[Item], served: Mapping[str, int], is_away: Callable[[str], bool]
) -> list[Item]:
    """Returns what waits in the order in which it will be done.

    Visitors take turns: the next one is whoever was served longest ago, and of two that never were
    whoever came first. Those who have left come after all others. What one visitor ordered keeps
    its order.

    waiting: in the order of arrival. served: for each visitor a number that is larger the later
    they were served last; those who are missing never were.
    """
    lines: dict[str, list[Item]] = {}
    for item in waiting:
        lines.setdefault(item.owner, []).append(item)
    away = {owner: is_away(owner) for owner in lines}
    last = {owner: served.get(owner, -1) for owner in lines}
    turn = max(served.values(), default=0)
    found = []
    while lines:
        owner = min(lines, key=lambda each: (away[each], last[each]))  # of equals the first
        found.append(lines[owner].pop(0))
        turn += 1
        last[owner] = turn
        if not lines[owner]:
            del lines[owner]
    return found

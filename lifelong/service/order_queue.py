"""Queue of orders to a worker: the one that it has, and those that wait for their turn."""

import time
from collections import deque
from pathlib import Path

from ..storage import owners
from .turns import in_turns
from .worker_process import Order

REMEMBERED = 20  # ended orders, whose mean duration is expected of the next ones


class OrderQueue:
    """Orders of several visitors, who take turns; see `turns`. current: what the worker has."""

    def __init__(self) -> None:
        self.current: Order | None = None
        self._waiting: list[Order] = []
        self._served: dict[str, int] = {}
        self._turn = 0
        self._durations: deque[float] = deque(maxlen=REMEMBERED)

    def orders(self) -> list[Order]:
        """Returns all orders, the current one first and then in the order of their turns."""
        current = [] if self.current is None else [self.current]
        return current + in_turns(self._waiting, self._served, owners.is_away)

    def of(self, folder: Path) -> list[Order]:
        """Returns the orders of a run or study."""
        return [order for order in self.orders() if order.folder == folder]

    def folders(self) -> list[Path]:
        """Returns the folders of the runs and studies in the queue, the one at work first."""
        return list(dict.fromkeys(order.folder for order in self.orders()))

    def add(self, order: Order) -> None:
        """Adds an order, which waits."""
        self._waiting.append(order)

    def remove(self, order: Order) -> None:
        """Removes an order, whether it is the current one or waits."""
        if order is self.current:
            self.current = None
        else:
            self._waiting.remove(order)

    def take(self) -> Order | None:
        """Returns the next order, which is the current one then; None while there is one."""
        if self.current is not None or not self._waiting:
            return None
        self.current = self.orders()[0]
        self._waiting.remove(self.current)
        self._turn += 1
        self._served[self.current.owner] = self._turn
        return self.current

    def end(self, order: Order) -> float:
        """Removes an order that has ended; returns the seconds that it took."""
        self.remove(order)
        seconds = time.monotonic() - order.began_at if order.began else 0.0
        if order.began:
            self._durations.append(seconds)
        return seconds

    def seconds_until(self, folder: Path) -> float | None:
        """Returns the seconds until a run has its turn, by the mean of the orders that ended.

        None for one that is at work or in no queue, and before an order has ended.
        """
        ahead = [order.folder for order in self.orders()]
        if folder not in ahead[1:] or ahead[0] == folder or not self._durations:
            return None
        mean = sum(self._durations) / len(self._durations)
        current = self.current
        spent = time.monotonic() - current.began_at if current and current.began else 0.0
        return max(mean - spent, 0.0) + mean * (ahead.index(folder) - 1)

    def clear(self) -> None:
        """Removes all orders."""
        self.current = None
        self._waiting.clear()

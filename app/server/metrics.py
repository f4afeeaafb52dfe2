"""Metrics as Prometheus text at /metrics, if `LIFELONG_METRICS` is 1."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.server import log
from lifelong import api

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Any]
SWITCH = "LIFELONG_METRICS"
KINDS = ("/answer", "/lessons", "/gradio", "/_stcore", "/static", "/metrics")
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10)
SEEN = "lifelong.watched"  # key of a request that is measured: one application is within another
REFUSED = {400, 403, 413, 429, 503}


def is_on() -> bool:
    """Returns whether metrics are asked for."""
    return os.environ.get(SWITCH) == "1"


def kind(scope: Scope) -> str:
    """Returns the kind of a request: the first part of its path if that is known, else `page`.

    >>> kind({"path": "/answer"}), kind({"path": "/lab/gradio/x", "root_path": "/lab"})
    ('/answer', '/gradio')
    >>> kind({"path": "/anything/else"})
    'page'
    """
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return next((each for each in KINDS if path == each or path.startswith(f"{each}/")), "page")


class Runs(Collector):
    """Gauges that are read when they are asked for: runs by state, and the queue."""

    def collect(self) -> Iterable[Metric]:
        """Yields the gauges."""
        with api.access.as_server():
            entries = api.collection.entries()
        states = GaugeMetricFamily(
            "lifelong_runs", "Runs and studies on disk by state.", labels=["state"]
        )
        for state, count in Counter(str(entry.state) for entry in entries).items():
            states.add_metric([state], count)
        yield states
        waiting = sum(entry.at_work for entry in entries)
        yield GaugeMetricFamily("lifelong_queue", "Runs at work or waiting.", value=waiting)


class Numbers:
    """The metrics of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(Runs())
        self.seconds = Histogram(
            "lifelong_request_seconds",
            "Seconds to the end of the answer.",
            ["kind", "status"],
            buckets=BUCKETS,
            registry=self.registry,
        )

    def route(self) -> Route:
        """Returns the route for a web application."""

        async def answer(_request: Request) -> Response:
            text = await run_in_threadpool(generate_latest, self.registry)
            return Response(text, media_type=prometheus_client.CONTENT_TYPE_LATEST)

        return Route("/metrics", answer)


@dataclass
class Watched:
    """ASGI middleware that measures requests and logs those that are refused or fail.

    numbers: where they are counted, None for nowhere.
    """

    app: Application
    numbers: Numbers | None = None
    clock: Callable[[], float] = field(default=time.perf_counter)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Passes a request on."""
        if scope["type"] != "http" or scope.get(SEEN):
            return await self.app(scope, receive, send)
        scope[SEEN] = True
        began, status = self.clock(), 500

        async def noted(message: Scope) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            log.error(error)
            raise
        finally:
            if self.numbers is not None:
                seconds = self.clock() - began
                self.numbers.seconds.labels(kind(scope), str(status)).observe(seconds)
            if status in REFUSED:
                log.refused(kind(scope), status)

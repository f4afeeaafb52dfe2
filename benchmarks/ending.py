"""Seconds from SIGTERM to the end of the app while a run is trained, and what is saved then."""

import asyncio
import signal
import time
from typing import Any

import psutil

from benchmarks.crowd import begin_training
from benchmarks.watcher import Watcher
from lifelong.events import Started, Stopped
from lifelong.runs import resume
from lifelong.runs import store as run_store

WHOLE = {"model": "resnet50", "network": {"weights": "none", "tune": "whole"}}
WATCHERS, LEAD = 10, 6.0  # visitors with the page open; seconds of training before the signal


async def measure(server: Any, fields: dict[str, Any]) -> dict[str, Any]:
    """Returns the figures of one end. fields: of the run's configuration beside the usual ones."""
    folder = (await begin_training(server.url, **fields)).file.parent
    while not run_store.history(folder).all_of(Started):
        await asyncio.sleep(0.1)
    watchers = [Watcher(server.url, "train", f"run={folder.name}") for _ in range(WATCHERS)]
    watching = [asyncio.create_task(each.watch(time.perf_counter() + 60)) for each in watchers]
    await asyncio.sleep(LEAD)
    children = psutil.Process(server.process.pid).children(recursive=True)
    began = time.perf_counter()
    server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(server.process.wait)
    seconds = time.perf_counter() - began
    await asyncio.gather(*watching, return_exceptions=True)
    history = run_store.history(folder)
    ending, goes_on = history.ending, resume.position(folder, history)
    stopped = (ending.task, ending.step) if isinstance(ending, Stopped) else None
    return {
        "seconds": round(seconds, 2),
        "stopped": stopped,
        "saved": stopped == tuple(goes_on),
        "left_over": len(psutil.wait_procs(children, timeout=2)[1]),
    }

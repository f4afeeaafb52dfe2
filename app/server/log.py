"""Structured log: one JSON object a line on standard error, of runs, errors and refusals.

Without personal data: no addresses, no names that people gave, nothing of what they drew or sent.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime

SWITCH = "LIFELONG_LOG"
LOGGER = logging.getLogger("lifelong")
FIELDS = ("run", "seconds", "error", "path", "status", "location")


class JsonLines(logging.Formatter):
    """Format of one JSON object a line: time, event, and the fields that it has."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of an event."""
        made = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        found = {name: getattr(record, name, None) for name in FIELDS}
        event = {"time": made, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(event | {n: v for n, v in found.items() if v is not None})


def configure() -> None:
    """Has the log written if `LIFELONG_LOG` is 1, and nothing of it otherwise."""
    if LOGGER.handlers:
        return
    if os.environ.get(SWITCH) != "1":
        LOGGER.addHandler(logging.NullHandler())
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def error(raised: BaseException) -> None:
    """Logs an exception that a page did not expect: its kind, and its line in the code."""
    trace = raised.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    location = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else None
    LOGGER.error("error", extra={"error": type(raised).__name__, "location": location})


def refused(path: str, status: int) -> None:
    """Logs a request that was refused. path: the kind of request, see `metrics.kind`."""
    LOGGER.warning("refused", extra={"path": path, "status": status})

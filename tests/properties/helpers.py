"""Generated values that no run has, and the law of readers: a result or one sentence."""

import json
import string
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from lifelong.errors import LifelongError

# The same examples on every machine; those that failed before are not stored.
quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**31, 10**9, 10**30, 10**4000, 1e308, float("nan"), float("inf")]),
    st.floats(allow_subnormal=False),  # training flushes them to zero
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "<script>alert(1)</script>",
            "[a](javascript:b)",
            "../../etc/passwd",
            "/dev/zero",
            "http://localhost/x",
            "\\\\host\\share",
            "a\x00b",
            "\u202egpj.exe",
            "x" * 100_000,
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
NAMES = st.text(string.printable, max_size=30) | TEXTS


def json_text(value: Any) -> str:
    """Returns a value as JSON, numbers of thousands of digits included."""
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(value)
    finally:
        sys.set_int_max_str_digits(most)


def result_or_sentence(read: Callable[..., Any], *given: Any) -> Any:
    """Returns what a reader returns, or None where it refuses in one sentence."""
    try:
        return read(*given)
    except LifelongError as error:
        message = str(error)
        assert "\n" not in message and 10 < len(message) < 700 and message[-1] in ".?!", message
        assert all(letter.isprintable() for letter in message), message
        return None


def files_below(folder: Path) -> dict[str, bytes]:
    """Returns all plain files below a folder by their paths."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }

"""Strip on every page that tells of a run at work and leads back to it.

It lies over the foot of the page, so that nothing moves when it comes or goes. Without a run at
work it asks for nothing: it is looked for when a page is opened.
"""

import streamlit as st

from app.shared import labels, markdown, navigate, started, status
from lifelong import api
from lifelong.api import LifelongError
from lifelong.formatting import plural

POLL_SECONDS = 1.0
LONGEST_NAME = 40


def show(watched: set[str]) -> None:
    """Shows the strip, unless what is at work is among the runs that the page itself shows."""
    state = st.session_state
    # Always there, and empty without a run: a new element would move and reload those after it.
    with st.container(key="strip"):
        name = followed(api.queue())
        if watched & {name, state.get("strip_run")}:
            state.pop("strip_run", None)
        elif name:
            _follow()
        elif "strip_run" in state:
            _done(state["strip_run"])


def followed(queue: list[str]) -> str | None:
    """Returns what of the queue the strip follows: what was started in this session first.

    None where there is nothing, or where the result of what was started here is not looked at yet.
    """
    own = [name for name in queue if name in started.names()]
    if not own and st.session_state.get("strip_run") in started.names():
        return None
    return next(iter([*own, *queue]), None)


@st.fragment(run_every=POLL_SECONDS)
def _follow() -> None:
    """Shows what is at work; reruns the page once nothing is, which ends the polling."""
    queue = api.queue()
    name = followed(queue)
    if name is None:
        st.rerun()
    try:
        text = at_work_text(queue, name)
    except LifelongError:  # deleted a moment ago
        return
    st.session_state["strip_run"] = name
    _link(name, f"{text} · **Watch**", "progress_activity")


def _done(name: str) -> None:
    try:
        text = done_text(name)
    except LifelongError:
        return
    _link(name, f"{text} · **See the result**", "check_circle")


def _link(name: str, text: str, icon: str) -> None:
    run = api.has_run(name)
    page, address = (navigate.TRAIN, {"run": name}) if run else (navigate.TRANSFER, {"study": name})
    st.page_link(page, label=text, icon=f":material/{icon}:", query_params=address)


def at_work_text(queue: list[str], name: str) -> str:
    """Returns how far one of a queue is, and how many wait before and after it.

    queue: names that this visitor sees, the one at work first. Raises LifelongError when it cannot
    be read.
    """
    ahead, own = api.queue_position(name) or 0, started.names()
    if ahead:
        verb = "are" if ahead > 1 else "is"
        text = f"waiting, {plural(ahead, 'other run')} {verb} ahead"
        text += status.until_turn(api.seconds_until_turn(name))
    elif api.has_run(name):
        history = api.history(name)
        text = status.brief(history, history.config.tasks, "running", 0)
    else:
        study = api.study(name)
        text = f"{study.config.seeds} seeds, {round(100 * study.share)} % done"
    later = [each for each in queue[queue.index(name) + 1 :] if name not in own or each in own]
    more = f", {len(later)} more waiting" if later else ""
    return f"{_title(name)}: {text}{more}"


def done_text(name: str) -> str:
    """Returns how what was at work has ended. Raises LifelongError when it cannot be read."""
    ended = api.history(name) if api.has_run(name) else api.study(name)
    return f"{_title(name)} {'has finished' if ended.finished else 'is at rest'}"


def _title(name: str) -> str:
    """Returns what a run or study is called within the strip."""
    if not api.has_run(name):
        return "Transfer study"
    row = api.run_row(name)
    title = row.name or labels.strategy_title(row.strategy)
    return markdown.escaped(title if len(title) <= LONGEST_NAME else f"{title[:LONGEST_NAME]}…")

"""The Learn page: a story in five steps, one on screen at a time, each with a live control."""

import streamlit as st

from app.shared import assets, navigate
from app.shared.data_urls import from_data_url
from app.views.learn import challenge, charts, digits, tiles, words
from app.views.learn.digits import PLAIN, RESCUES, Digit, Read
from lifelong import api
from lifelong.api import LifelongError

LARGEST_DRAWING = 400_000  # characters of a data URL
explain = st.components.v2.component(
    "lifelong_learn",
    html="<p></p>",
    js=assets.read("terms.js") + assets.read("learn/page.js"),
    isolate_styles=False,
)
own_drawing = st.components.v2.component(
    "lifelong_own_drawing", html="<p></p>", js=assets.read("learn/own_drawing.js")
)


def current_step() -> int:
    """Returns the step in the address, counted from 1; the first one for anything else."""
    text = st.query_params.get("step", "1")
    return int(text) if text in {str(n) for n in range(1, words.STEPS + 1)} else 1


def drawing() -> list[Digit]:
    """Returns what is on the pad of the Draw page, in the same tab; nothing for a blank one."""
    image = own_drawing(key="own_drawing", on_image_change=lambda: None).image
    png = from_data_url(image, LARGEST_DRAWING)
    if png is None:
        return []
    try:
        pixels = api.preprocess(PLAIN, api.open_drawing(png))
    except LifelongError:  # whatever a browser sent
        return []
    return [] if pixels is None else [Digit(pixels, None)]


def show_tiles(shown: list[Digit], reads: list[Read]) -> None:
    """Shows digits with their answers, with room for them before they are there."""
    with st.container(key="learn_tiles"):
        st.html(tiles.tiles(shown, reads))


def lesson() -> None:
    """Shows the two digits of a lesson and the answers just after it."""
    history = api.history(PLAIN)
    names = words.lessons(history)
    task = st.segmented_control(
        "Lesson on", range(len(names)), default=0, key="lesson", required=True,
        format_func=names.__getitem__, bind="query-params",
    )  # fmt: skip
    shown = [each for name in history.started.classes[task] for each in digits.test_digits(name)]
    show_tiles(shown, digits.reads(PLAIN, shown, task))
    st.markdown(words.lesson(history, task))


def forgetting() -> None:
    """Shows the answers to fixed digits, and to the visitor's, after each lesson, and the curve."""
    history = api.history(PLAIN)
    names = words.lessons(history)
    after = st.select_slider(
        "After the lesson on", range(len(names)), key="after", format_func=names.__getitem__,
        bind="query-params",
    )  # fmt: skip
    fixed, own = digits.fixed(), drawing()
    reads = digits.reads(PLAIN, fixed + own, after)
    left, right = st.columns([55, 45], gap="medium")
    with left:
        show_tiles(fixed + own, reads)
        st.markdown(words.forgetting(history, reads, after))
        st.page_link(navigate.DRAW, label="Draw one; it joins these", icon=":material/draw:")
    with right, st.container(key="learn_chart"):
        st.altair_chart(charts.curves(history, after), key="curves")


def hint() -> None:
    """Shows the same digits with and without the task label, and the accuracy of each lesson."""
    history = api.history(PLAIN)
    last, fixed = history.learned[-1], digits.fixed()
    given_task = st.toggle(
        "Tell the network which lesson each picture is from", key="given_task", bind="query-params"
    )
    left, right = st.columns([55, 45], gap="medium")
    with left:
        show_tiles(fixed, digits.reads(PLAIN, fixed, last.task, given_task))
        st.markdown(words.hint(history, given_task))
    with right:
        given = last.accuracy_given_task
        st.html(tiles.table(words.lessons(history), last.accuracy, given))
        st.caption(words.HINT_TABLE)


def rescues() -> None:
    """Shows the answers to one digit without a rescue and with one, and what that one costs."""
    plain = api.history(PLAIN)
    title = st.segmented_control(
        "Rescue", list(RESCUES), default="Replay", key="rescue", required=True,
        bind="query-params",
    )  # fmt: skip
    name = st.segmented_control(
        "Image of a", digits.FIXED, default=digits.FIXED[0], key="image", required=True,
        bind="query-params",
    )  # fmt: skip
    digit, run = digits.test_digits(name)[0], RESCUES[title]
    names = words.lessons(plain)
    left, right = st.columns([18, 82], gap="medium")
    with left, st.container(key="learn_alone"):  # room for it before it is there
        st.html(tiles.alone(digit))
    with right, st.container(key="learn_strips"):
        st.html(tiles.strip("No rescue", names, digits.strip(PLAIN, digit)))
        st.html(tiles.strip(title, names, digits.strip(run, digit)))
    st.markdown(words.rescue(title, api.history(run), plain, api.storage(run)))


def navigation(step: int) -> None:
    """Shows the way back, the progress and the way on, always at the bottom of the window."""
    with st.container(key="learn_steps", horizontal=True, vertical_alignment="center"):
        st.button(
            "Back", key="back", icon=":material/arrow_back:", disabled=step == 1,
            on_click=navigate.navigate_to, kwargs={"step": str(step - 1)},
        )  # fmt: skip
        st.html(f'<p class="learn-progress">{step} of {words.STEPS}</p>')
        if step < words.STEPS:
            st.button(
                "Next", key="next", icon=":material/arrow_forward:", icon_position="right",
                type="primary", on_click=navigate.navigate_to, kwargs={"step": str(step + 1)},
            )  # fmt: skip
        else:
            st.page_link(navigate.TRAIN, label="Train one", icon=":material/arrow_forward:")


CONTENTS = (lesson, forgetting, hint, rescues, challenge.show)


def page() -> None:
    """Shows the step in the address."""
    navigate.apply()
    step = current_step()
    about = words.LEAD[step - 1]
    with st.container(key="learn"):
        st.title(about.title, anchor=False)
        with st.container(key=f"learn_lead_{step}"):
            st.html(tiles.lead(about))
        # Nothing of the step before is left while the next one is drawn.
        slots = [st.container() if at == step else st.empty() for at in range(1, words.STEPS + 1)]
        with slots[step - 1], st.container(key=f"learn_step_{step}"):
            try:
                CONTENTS[step - 1]()
            except LifelongError as error:
                st.error(str(error))
        navigation(step)
        explain(key="explain", data={"step": step})


page()

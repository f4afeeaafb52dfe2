"""The part of the Inspect page about the network: layers that moved, images it keeps."""

from itertools import islice

import numpy as np
import streamlit as st

from app.views.inspect import words
from app.views.inspect.selection import Selection
from lifelong import api
from lifelong.api import History
from lifelong.charts import chart_data, long_runs, network_charts

GAP = 2  # pixels between two images of the album
MOST_IMAGES = 20  # of a class
MOST_ROWS = 40  # classes of the album
BLUE = np.array([11, 92, 147])


def show(run: str, history: History, at: Selection) -> None:
    """Shows what changed in the network, and what it keeps for earlier tasks after a moment."""
    st.header("Inside the network", anchor=False)
    drawn = long_runs.drawn_tasks(history, at.task)
    changes = api.insight.layer_changes(run, drawn)
    if any(change.change > 0 for change in changes):
        titles = chart_data.task_names(history)
        note = long_runs.drawn_note(history, at.task)
        st.altair_chart(network_charts.layer_bars(changes, titles, note), key="layers")
        st.markdown(words.layers(changes, titles, note))
    else:
        st.markdown(words.NO_LAYER_MOVED)
    after = len(history.learned) - 1 if at.after is None else at.after
    moment = chart_data.task_titles(history)[after]
    if (important := api.insight.important_pixels(run, after)) is not None:
        st.markdown(f"**Which pixels it holds after {moment}**")
        st.image(heat(important), caption=words.HELD, width=220, alt=words.HEAT)
    if images := api.insight.stored_images(run, after):
        st.markdown(f"**What it keeps after {moment}**")
        shown = dict(islice(images.items(), MOST_ROWS))
        caption = words.album(images, MOST_IMAGES, MOST_ROWS)
        st.image(album(shown), caption=caption, alt=words.ALBUM)


def heat(values: np.ndarray) -> np.ndarray:
    """Returns values, at least 0, from white to blue as a picture (8 h, 8 w, 3), uint8."""
    share = np.sqrt(values.clip(min=0) / max(float(values.max()), 1e-30))[..., None]
    picture = (255 * (1 - share) + BLUE * share).round().astype(np.uint8)
    return picture.repeat(8, 0).repeat(8, 1)


def album(images: dict[str, np.ndarray]) -> np.ndarray:
    """Returns the first images of each class as one picture, a row a class: uint8 (h, w, 3)."""
    rows = [_row(each[:MOST_IMAGES]) for each in images.values()]
    return np.concatenate(rows)


def _row(images: np.ndarray) -> np.ndarray:
    count, channels, height, width = images.shape
    row = np.full((height + GAP, MOST_IMAGES * (width + GAP), 3), 255, np.uint8)
    for at in range(count):
        left = at * (width + GAP)
        row[:height, left : left + width] = images[at].transpose(1, 2, 0)
    return row

"""The table of the Runs page, its columns and its ticks."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.views.runs import table
from app.views.runs.table import Entry

ROW_HEIGHT = 44  # pixels, as every target for a finger
MOST_ROWS = 11  # shown at once, with the row of titles; the others are scrolled to
ALT = "All runs and studies, one a row"
state = st.session_state


def columns() -> dict[str, Any]:
    """Returns titles, formats and explanations of the columns, in their order."""
    return {**_result_columns(), **_fact_columns()}


def _result_columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "run": config.TextColumn(
            "Run", width=145, help="Its name, or its strategy. Those with a star come first."
        ),
        "accuracy": config.NumberColumn(
            "Accuracy",
            format="%.1f %%",
            width=82,
            help="Averaged over the tasks. Of a study: fine-tuned, on the target, with all its "
            "images.",
        ),
        "forgetting": config.NumberColumn(
            "Forgetting",
            format="%.1f %%",
            width=90,
            help="Average drop of the earlier tasks from their best. Of a study: what the source "
            "lost to fine-tuning.",
        ),
    }


def _fact_columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "scenario": config.TextColumn("Scenario", width=140),
        "dataset": config.TextColumn("Data set", width=100),
        "stored": config.NumberColumn(
            "Stored", format="%,.0f kB", width=90, help="For earlier tasks, besides the network."
        ),
        "seconds": config.NumberColumn(
            "Training", format="%,.1f s", width=90, help="Seconds, without evaluation."
        ),
        "state": config.TextColumn("State", width=170),
        "seed": config.NumberColumn("Seed", format="%d", width=60),
        "made": config.DatetimeColumn(
            "When",
            format="YYYY-MM-DD HH:mm",
            timezone=st.context.timezone,
            width=140,
            help="Made, or loaded here.",
        ),
        "strategy": config.TextColumn("Strategy", width=150),
        "network": config.TextColumn("Network", width=130),
        "recipe": config.TextColumn("Recipe", width=80),
        "id": config.TextColumn("Id", width=240),
    }


def table_key(ids: Sequence[str]) -> str:
    """Returns the key of the table with these runs, in this order.

    Ticks are rows of one table: with other runs it is another one, which begins with its own.
    """
    return "runs_" + hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12]


def show(entries: Sequence[Entry]) -> list[Entry]:
    """Shows the table; returns the entries that are ticked.

    Ticks stay with their runs when a search or a new run moves these to other rows.
    """
    ids = [entry.id for entry in entries]
    before = set(state.get("ticked", ()))
    rows = [row for row, name in enumerate(ids) if name in before]
    # The arrow keys begin at a cell, and at none where rows are ticked without one.
    cells = [(rows[0], "run")] if rows else []
    event = st.dataframe(
        pd.DataFrame([table.cells(entry) for entry in entries], columns=list(columns())),
        key=table_key(ids),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * min(max(len(ids), 1) + 1, MOST_ROWS) + 2,
        column_config=columns(),
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": rows, "cells": cells}},
        placeholder="–",
        alt=ALT,
    )
    ticked = [entries[row] for row in event.selection.rows if row < len(entries)]
    state["ticked"] = [entry.id for entry in ticked]
    return ticked

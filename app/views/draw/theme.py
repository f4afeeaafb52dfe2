"""Gradio theme of the drawing page: Streamlit's colours, light and dark, and its font."""

import gradio as gr

THEME = gr.themes.Base(
    primary_hue="blue",
    neutral_hue="stone",
    font=["ui-sans-serif", "system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(
    body_background_fill="#ffffff",
    body_background_fill_dark="#171614",
    body_text_color="#2f2d2b",
    body_text_color_dark="#edebe8",
    background_fill_primary="#ffffff",
    background_fill_primary_dark="#171614",
    background_fill_secondary="#f8f8f7",
    background_fill_secondary_dark="#21201d",
    block_background_fill="#f8f8f7",
    block_background_fill_dark="#21201d",
    input_background_fill="#ffffff",
    input_background_fill_dark="#2d2b27",
    border_color_primary="#e3e1de",
    border_color_primary_dark="#3a3833",
)

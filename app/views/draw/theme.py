"""The drawing page's look: a Gradio theme of Streamlit's colours, in light and dark, with the font of the page around it."""

from pathlib import Path

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

CSS = (Path(__file__).parents[2] / "assets" / "page.css").read_text()

# The frame around this page cannot know its height, so the page sizes the frame it is in (same origin).
HEAD = """<script>(() => {
const frame = window.frameElement;
if (!frame) return;
const family = getComputedStyle(parent.document.querySelector('.stApp') ?? parent.document.body).fontFamily;
const font = parent.document.querySelector('link[rel=preload][as=font]');
if (font) document.fonts.add(new FontFace('Source Sans', `url(${font.href})`, { weight: '200 900' }));
const style = document.createElement('style');
style.textContent = `:root, .dark { --font: ${family} !important; }`;  // Gradio sets the font of its dark theme anew
document.head.append(style);
document.documentElement.classList.add('framed');
let last = 0;
const fit = () => {
  const page = document.querySelector('gradio-app');
  const height = page ? Math.ceil(page.getBoundingClientRect().height) + 4 : 0;
  if (height > 60 && Math.abs(height - last) > 2) frame.style.height = (last = height) + 'px';
};
const watch = () => { new ResizeObserver(fit).observe(document.querySelector('gradio-app') ?? document.body); setInterval(fit, 1000); fit(); };
document.readyState === 'complete' ? watch() : addEventListener('load', watch);
})();</script>"""

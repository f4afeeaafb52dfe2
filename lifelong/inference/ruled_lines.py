"""Removal of ruled lines from a photograph of paper."""

import numpy as np

STRIPS = 16  # of a picture; a line shows in most of them
SLOPES = np.linspace(-0.2, 0.2, 41)
UNDER = 0.035  # darkness of a line that is worth taking away
HALF = 3  # pixels on either side of a line's middle


def remove_lines(dark: np.ndarray) -> None:
    """Subtracts lines that run across the whole picture, at most 11 degrees from level."""
    height, width = dark.shape
    edges = np.linspace(0, width, STRIPS + 1).astype(int)
    strips = np.stack([dark[:, a:b].mean(1) for a, b in zip(edges, edges[1:])], 1)
    middles = (edges[1:] + edges[:-1]) / 2 - width / 2
    rows = np.arange(height)[:, None]
    columns = np.arange(STRIPS)[None]
    shown = []
    for slope in SLOPES:
        at = rows + np.round(slope * middles)[None].astype(int)
        inside = (at >= 0) & (at < height)
        values = np.where(inside, strips[at.clip(0, height - 1), columns], np.nan)
        values.sort(1)  # what is outside comes last
        count = inside.sum(1)
        lowest = np.take_along_axis(values, (count[:, None] * 3 // 10), 1)[:, 0]
        shown.append(np.where(count >= STRIPS // 2, lowest, 0))
    depth = np.stack(shown)
    best, slope = depth.max(0), SLOPES[depth.argmax(0)]
    padded = np.pad(best, 12, "edge")
    ground = np.median(np.lib.stride_tricks.sliding_window_view(padded, 25), 1)
    rise = best - ground
    for row in np.flatnonzero(rise > UNDER):
        nearby = rise[max(0, row - HALF) : row + HALF + 1]
        if rise[row] == nearby.max():
            _remove_line(dark, int(row), float(slope[row]))


def _remove_line(dark: np.ndarray, row: int, slope: float) -> None:
    """Subtracts one line by the median of its darkness; ink across it is darker and remains."""
    height, width = dark.shape
    x = np.arange(width)
    at = np.round(row + slope * (x - width / 2)).astype(int)
    offsets = np.arange(-HALF, HALF + 1)[:, None]
    index = at[None] + offsets
    inside = ((index >= 0) & (index < height)).all(0)
    if inside.sum() < width // 3:
        return
    band = dark[index[:, inside], x[None, inside]]
    profile = np.percentile(band, 60, 1)
    profile = np.maximum(profile, np.maximum(np.r_[0, profile[:-1]], np.r_[profile[1:], 0]) * 0.7)
    dark[index[:, inside], x[None, inside]] = (band - 1.25 * profile[:, None]).clip(0)

"""Connected groups of ink in a photograph, and the one that is the digit."""

from dataclasses import dataclass

import numpy as np

CLEAREST = 0.12  # darkness of the darkest part of a digit, at least
SHORTEST = 0.03  # size of a digit, as a share of the picture's
LONG = 0.25  # share of a picture's side; what lies along the border as long as that is no digit
NEIGHBOUR = 0.25  # of the digit's size: a mark as near as this belongs to it


@dataclass(frozen=True)
class _Group:
    """Connected pixels. box: top, left, bottom, right; mass: of darkness; peak: of its darkest.

    contact: its pixels at the picture's border.
    """

    label: int
    box: tuple[int, int, int, int]
    mass: float
    peak: float
    contact: int

    @property
    def size(self) -> int:
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1]) + 1


def main_group(mask: np.ndarray, dark: np.ndarray) -> np.ndarray | None:
    """Returns where the digit is: the strongest group of ink and what is close to it, bool."""
    labels = labelled(mask)
    groups = _groups(labels, dark)
    if not groups:
        return None
    main = max(groups, key=lambda group: _score(group, mask.shape))
    if main.size < SHORTEST * max(mask.shape) or main.peak < CLEAREST:
        return None
    chosen = [main]
    for group in sorted(groups, key=lambda group: -group.mass):
        alike = group.peak > 0.5 * main.peak and group.mass > 0.02 * main.mass
        if group is not main and alike and bool(group.contact) <= bool(main.contact):
            gap = min(_gap(group.box, each.box) for each in chosen)
            if gap < NEIGHBOUR * main.size:
                chosen.append(group)
    return np.isin(labels, [group.label for group in chosen])


def _score(group: _Group, shape: tuple[int, ...]) -> float:
    top, left, bottom, right = group.box
    off = max(abs((top + bottom) / shape[0] - 1), abs((left + right) / shape[1] - 1))
    inside = 1.0
    if group.contact:  # the next digit, or the edge of the page, which lies along the border
        inside = 0.1 if group.contact < LONG * min(shape) else 1e-4
    return group.mass * group.peak * (1.3 - off) * inside


def _gap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> int:
    """Returns the distance of two boxes in pixels, the larger of both directions."""
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3], 0)


def _groups(labels: np.ndarray, dark: np.ndarray) -> list[_Group]:
    """Returns the groups of at least 6 pixels."""
    at = np.flatnonzero(labels)
    of, values = labels.ravel()[at], dark.ravel()[at]
    order = np.argsort(of, kind="stable")
    at, of, values = at[order], of[order], values[order]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]]) if of.size else of
    groups = []
    height, width = labels.shape
    for first, last in zip(starts, [*starts[1:], of.size]):
        if last - first < 6:
            continue
        rows, columns = np.divmod(at[first:last], width)
        box = (int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max()))
        ends = (rows <= 1) | (columns <= 1) | (rows >= height - 2) | (columns >= width - 2)
        inked = values[first:last]
        peak = float(np.percentile(inked, 90))
        contact = int(np.count_nonzero(ends))
        groups.append(_Group(int(of[first]), box, float(inked.sum()), peak, contact))
    return groups


def labelled(mask: np.ndarray) -> np.ndarray:
    """Returns a number for each connected group of pixels, 0 outside; corners connect.

    Runs of pixels along rows are joined with those of the row above (union and find).
    """
    height, width = mask.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    ends = np.nonzero(change == -1)[1]
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    first = np.searchsorted(rows, np.arange(height + 1))
    begin, end = starts.tolist(), ends.tolist()
    for row in range(1, height):
        above, here = int(first[row - 1]), int(first[row])
        while above < first[row] and here < first[row + 1]:
            if begin[above] <= end[here] and begin[here] <= end[above]:
                parents[root(here)] = root(above)
            if end[above] < end[here]:
                above += 1
            else:
                here += 1
    labels = np.zeros(mask.shape, np.int32)
    roots = np.array([root(run) + 1 for run in range(len(rows))], np.int32)
    labels[mask] = np.repeat(roots, ends - starts)
    return labels

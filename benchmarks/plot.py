"""Pictures of what was measured, as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measuring import Row
from benchmarks.questions import Column

_COLOURS = ("#1f6feb", "#8c959f", "#bf8700", "#8250df")
#: The panels of growth are in so many rows.
_ROWS = 2
#: Texts stay texts, and the same numbers make the same file.
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.size": 9}
_METADATA = {"Date": None}


def plot_rates(rows: Sequence[Row], names: Sequence[str], path: Path) -> None:
    """Draw the requests a second of each server, question by question, in both columns."""
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(12, 8), layout="constrained")
        axes = figure.subplots(1, len(Column), sharex=True, sharey=True)
        questions = list(dict.fromkeys(row.question.name for row in rows))
        for part, column in zip(axes, Column, strict=True):
            found = {row.question.name: row for row in rows if row.column is column}
            rates = {name: [_rate(found.get(each), name) for each in questions] for name in names}
            _bars(part, questions, rates)
            part.set_title(column.value)
        shown = axes[0].get_legend_handles_labels()
        figure.legend(*shown, loc="outside upper center", ncols=len(names))
        _save(figure, path)


def plot_growth(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], path: Path
) -> None:
    """Draw lines over the number of users: for each panel some, of users and values."""
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(12, 7), layout="constrained")
        axes = figure.subplots(_ROWS, len(panels) // _ROWS).flat
        for part, (title, lines) in zip(axes, panels.items(), strict=True):
            for colour, (name, points) in zip(_COLOURS * 2, lines.items(), strict=False):
                part.plot(*zip(*points, strict=True), marker="o", label=name, color=colour)
            part.set(title=title.replace("`", ""), xlabel="users", xscale="log", yscale="log")
            part.grid(visible=True, color="#d0d7de", linewidth=0.5)
        shown = axes[0].get_legend_handles_labels()
        figure.legend(*shown, loc="outside upper center", ncols=len(_COLOURS))
        _save(figure, path)


def _bars(axes: Axes, labels: Sequence[str], rates: Mapping[str, Sequence[float]]) -> None:
    height = 0.8 / len(rates)
    for number, (name, values) in enumerate(rates.items()):
        places = [at + (number + 0.5) * height - 0.4 for at in range(len(labels))]
        axes.barh(places, values, height, label=name, color=_COLOURS[number % len(_COLOURS)])
    axes.set_yticks(range(len(labels)), [label.replace("`", "") for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set(xscale="log", xlabel="requests a second, eight at a time")
    axes.grid(visible=True, axis="x", color="#d0d7de", linewidth=0.5)
    axes.set_axisbelow(True)


def _rate(row: Row | None, name: str) -> float:
    """Return a rate; what was not measured has no bar."""
    load = row.cells[name].load if row is not None and name in row.cells else None
    return load.rate if load is not None else 0.0


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", metadata=_METADATA)

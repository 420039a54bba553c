"""How a notebook shows what a lab says: tables, and the curve of a job's loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, overload

Row = Mapping[str, Any]

_CURVE_WIDTH, _CURVE_HEIGHT, _CURVE_MARGIN = 420, 140, 34


class Listing(Sequence[Row]):
    """Rows as the lab's interface gives them; a notebook shows some of their columns."""

    def __init__(self, rows: Iterable[Row], columns: Sequence[str]) -> None:
        self.rows = list(rows)
        self.columns = tuple(columns)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        return self.rows[index]

    def column(self, name: str) -> list[Any]:
        """A field of all rows; ``None`` where a row has none."""
        return [row.get(name) for row in self.rows]

    def __repr__(self) -> str:
        lines = [self.columns, *([shown(row.get(name)) for name in self.columns] for row in self.rows)]
        widths = [max(len(line[position]) for line in lines) for position in range(len(self.columns))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
        )

    def _repr_html_(self) -> str:
        return table(self.columns, ([row.get(name) for name in self.columns] for row in self.rows))


class JobView:
    """A job at one moment: its rounds, and what its sites report.

    Attributes
    ----------
    answer
        All that the lab's interface says of it.
    """

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer

    @property
    def job(self) -> Row:
        """What it is and how it stands."""
        found: Row = self.answer.get("job") or {}
        return found

    @property
    def name(self) -> str:
        return str(self.job.get("job", ""))

    @property
    def status(self) -> str:
        """``proposed``, ``running``, ``paused``, ``complete`` or ``abandoned``."""
        return str(self.job.get("status", ""))

    @property
    def is_over(self) -> bool:
        return self.status in ("complete", "abandoned")

    @property
    def rounds(self) -> Listing:
        """The rounds so far; ``loss`` is that of the model that a round started from."""
        rows = [
            {
                **round,
                "sites": f"{len(round.get('contributions') or [])}/{len(round.get('participants') or [])}",
                "loss": mean_loss(round),
            }
            for round in self.answer.get("rounds") or []
        ]
        return Listing(rows, ("round", "task", "status", "stage", "sites", "loss", "reason"))

    @property
    def sites(self) -> Listing:
        """What each site does, as far as its licence lets the job's owner see; empty unless watched."""
        rows = [
            {"member": site.get("member"), "up": site.get("connected"), **_report(site)}
            for site in self.answer.get("sites") or []
        ]
        return Listing(rows, ("member", "up", "round", "stage", "done", "message"))

    @property
    def losses(self) -> list[tuple[int, float]]:
        """Round and loss, of the rounds that have one."""
        rows = self.rounds
        return [(int(row["round"]), row["loss"]) for row in rows if row["loss"] is not None]

    def __repr__(self) -> str:
        losses = self.losses
        loss = f", loss {losses[-1][1]:.4f}" if losses else ""
        return f"<job {shown(self.name)}: {shown(self.status)}, {len(self.rounds)} rounds{loss}>"

    def _repr_html_(self) -> str:
        reason = f": {escape(shown(self.job['reason']))}" if self.job.get("reason") else ""
        parts = [f"<b>{escape(shown(self.name))}</b> {escape(shown(self.status))}{reason}"]
        parts += [curve(self.losses), self.rounds._repr_html_()]
        if self.answer.get("sites"):
            parts.append(self.sites._repr_html_())
        return "\n".join(part for part in parts if part)


def mean_loss(round: Row) -> float | None:
    """A round's loss over its sites' own holdouts, each weighted by its rows where all tell them."""
    metrics = [one.get("metricsMicro") or {} for one in round.get("contributions") or []]
    told = [one for one in metrics if "holdoutLoss" in one]
    rows = [one.get("holdoutRows", 0) for one in told]
    if not told:
        return None
    if not all(rows):
        rows = [1] * len(told)
    return float(sum(one["holdoutLoss"] * count for one, count in zip(told, rows)) / sum(rows) / 1e6)


def curve(points: Sequence[tuple[int, float]]) -> str:
    """An inline SVG of a line through points; empty for fewer than two."""
    if len(points) < 2:
        return ""
    xs, ys = [float(x) for x, _ in points], [y for _, y in points]
    left, top = _CURVE_MARGIN, 10
    width, height = _CURVE_WIDTH - left - 10, _CURVE_HEIGHT - top - 22
    across, up = xs[-1] - xs[0] or 1.0, max(ys) - min(ys) or 1.0
    line = " ".join(
        f"{left + (x - xs[0]) / across * width:.1f},{top + (max(ys) - y) / up * height:.1f}"
        for x, y in zip(xs, ys)
    )
    style = 'font-size="10" font-family="sans-serif" fill="currentColor"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_CURVE_WIDTH}" height="{_CURVE_HEIGHT}" '
        f'role="img" aria-label="loss by round">'
        f'<polyline points="{line}" fill="none" stroke="#0b6bcb" stroke-width="1.5"/>'
        f'<text x="0" y="{top + 4}" {style}>{max(ys):.3g}</text>'
        f'<text x="0" y="{top + height + 4}" {style}>{min(ys):.3g}</text>'
        f'<text x="{left}" y="{_CURVE_HEIGHT - 4}" {style}>round {xs[0]:g}</text>'
        f'<text x="{left + width}" y="{_CURVE_HEIGHT - 4}" text-anchor="end" {style}>{xs[-1]:g}</text>'
        "</svg>"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An HTML table; what other members wrote is text in it, never markup."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(shown(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def shown(value: Any) -> str:
    """A field for people."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4f}"
        case list() | tuple():
            return " ".join(shown(one) for one in value)
        case dict():
            return " ".join(f"{visible(str(name))}={shown(one)}" for name, one in value.items())
        case _:
            return visible(str(value))


def visible(text: str) -> str:
    """A text in which nothing is left that a terminal would obey."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


def _report(site: Row) -> dict[str, Any]:
    report = site.get("report") or {}
    fraction = report.get("fractionMicro")
    done = None if fraction is None else f"{fraction / 10_000:.0f} %"
    return {name: report.get(name) for name in ("round", "stage", "message")} | {"done": done}

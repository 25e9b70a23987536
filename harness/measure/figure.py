# SPDX-License-Identifier: BSD-2-Clause
"""One measured figure, beside the limit that it has to keep."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    what: str
    value: float
    unit: str
    limit: float | None = None
    more: str = ""  # what it is made of

    @property
    def within(self) -> bool:
        return self.limit is None or self.value <= self.limit


def heading() -> str:
    return f"{'what':<66} {'measured':>10} {'limit':>11}"


def rows(figures: list[Figure]) -> str:
    lines = []
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:,}"
        over = "" if figure.within else "  OVER"
        value = f"{figure.value:,.2f}" if isinstance(figure.value, float) else f"{figure.value:,}"
        lines.append(f"{figure.what + ', ' + figure.unit:<66} {value:>10} {limit:>11}{over}")
        if figure.more:
            lines.append(f"    {figure.more}")
    return "\n".join(lines)

"""The arguments of figures by several dimensions."""

from __future__ import annotations

from collections.abc import Sequence

from mallard.reports.arguments import Args, BadQuery, Several
from mallard.reports.breakdown import OFFSET
from mallard.reports.combinations import DIMENSIONS, METRICS, ByDimensions
from mallard.reports.filters import PROP
from mallard.reports.goal import Goal
from mallard.reports.parameters import INTERVALS, LIMIT
from mallard.texts.said import said, within

MOST_DIMENSIONS = 8
_NAMES = "|".join(DIMENSIONS)
_METRICS = "|".join(METRICS)
_A_DIMENSION = f"{_NAMES}|{PROP}[^,]+"

DIMENSIONS_ASKED = Several(
    "dimensions",
    "What to tell figures by, with commas between; none for the figures of all. A property is"
    f" `{PROP}KEY`, a comma in its key `%2C`. A region or city comes with its country.",
    "country,browser",
    pattern=_A_DIMENSION,
    most=MOST_DIMENSIONS,
    hint=said("each must be one of %(choices)s", choices=", ".join((*DIMENSIONS, f"{PROP}KEY"))),
)
METRICS_ASKED = Several(
    "metrics",
    "The figures, with commas between.",
    "visitors,pageviews",
    pattern=_METRICS,
    most=len(METRICS),
    default=("visitors", "pageviews"),
    hint=said("each must be one of %(choices)s", choices=", ".join(METRICS)),
)
ORDER_ASKED = Several(
    "order",
    "Dimensions and metrics that are asked for, with commas between; `-` before one puts the"
    " greatest first. Without it the earliest comes first, then the greatest of the first metric."
    " Where that is equal, values go by their code points.",
    "-visitors",
    pattern=f"-?({_METRICS}|{_A_DIMENSION})",
    most=MOST_DIMENSIONS + len(METRICS),
    hint=said(
        "each must be one of the dimensions and metrics asked for, perhaps with a - before it"
    ),
    filed_as="order_of_figures",
)


def asked_by(args: Args, goals: Sequence[Goal]) -> ByDimensions:
    """What the arguments ask for, of a site with these goals. Raises BadQuery."""
    dimensions, metrics = DIMENSIONS_ASKED.of(args), METRICS_ASKED.of(args)
    order = tuple((name.removeprefix("-"), name[0] == "-") for name in ORDER_ASKED.of(args))
    if not {*dimensions, *metrics}.issuperset(name for name, _ in order):
        raise BadQuery(within(ORDER_ASKED.name, ORDER_ASKED.hint))
    return ByDimensions(
        dimensions,
        metrics,
        order=order or usual_order(dimensions, metrics),
        limit=LIMIT.of(args),
        offset=OFFSET.of(args),
        goals=tuple(goals),
    )


def usual_order(dimensions: Sequence[str], metrics: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The earliest first, then the greatest of the first metric."""
    times = [(name, False) for name in dimensions if name in INTERVALS]
    return (*times[:1], (metrics[0], True))

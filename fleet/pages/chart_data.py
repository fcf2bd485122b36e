"""The data of the chart, as the script of a page asks for them: one answer for all who ask for the same lines, in whichever language."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints

from contract import quantities
from contract.faults import Fault
from contract.site import display_names as names
from contract.values import MAX_INT
from fleet.api.dependencies import ID_PATTERN, ServiceDependency
from fleet.errors import InvalidError
from fleet.http.shared_answers import Lasting
from fleet.pages import chart as charts
from fleet.pages.chart import Asked
from fleet.pages.public import LONG_SPAN_COST, PublicDependency
from fleet.record import chart_means
from fleet.store.reading import Reader

router = APIRouter(include_in_schema=False)

_Key = Annotated[str, Query(max_length=40)]
_Moment = Annotated[int | None, Query(ge=0, le=MAX_INT)]
NodeName = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


@router.get("/live/chart.json")
async def chart(
    request: Request,
    public: PublicDependency,
    service: ServiceDependency,
    quantity: _Key,
    span: _Key = "1h",
    node: Annotated[list[NodeName], Query(max_length=charts.MOST_NODES)] = [],  # noqa: B006 - pydantic copies it
    from_ms: _Moment = None,
    to_ms: _Moment = None,
) -> Response:
    """Lines of the nodes that are named, else of the first ones by name that have the quantity:

    {quantity, unit, decimals, from_s, to_s, longest_s, is_cut, times: [s], lines: [{label, values}], shown_nodes, all_nodes}; a value is
    null where the line has no point at that time. longest_s: of a span of so many nodes; of a longer one only the end is shown, is_cut.
    """
    if quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))
    nodes = sorted(set(node))
    asked = charts.asked(span, from_ms, to_ms, service.clock.utc_ms(), len(nodes))
    shelf, cost = (public.archive, LONG_SPAN_COST) if asked.is_long else (public.pages, 1.0)

    async def made() -> Response:
        return await shelf.reader.run(_made, shelf.reader, quantity, nodes, asked)

    # A span with a name moves on: its answers are of one key.
    key = "chart", quantity, tuple(nodes), span if span != charts.OWN else asked
    asker = public.asker(request, cost) if nodes or span == charts.OWN else None
    return await shelf.answers.give(key, request.headers, asker, made)


def _made(reader: Reader, quantity: str, nodes: list[str], asked: Asked) -> Response:
    found = reader.read_here(lambda connection: chart_means.read(connection, quantity, nodes, charts.MOST_NODES, asked.steps))
    times, lines = charts.chart_lines(found.lines)
    shown: dict[str, Any] = {
        "quantity": quantity,
        "unit": names.unit(found.unit),
        "decimals": names.decimals(quantity),
        "from_s": asked.steps.from_ms / 1000,
        "to_s": asked.steps.to_ms / 1000,
        "longest_s": asked.longest_ms // 1000,
        "is_cut": asked.is_cut,
        "times": times,
        "lines": [{"label": label, "values": values} for label, values in lines],
        "shown_nodes": len(found.nodes),
        "all_nodes": found.all_nodes,
    }
    return Lasting(json.dumps(shown, separators=(",", ":")), asked.lasts_ms, "application/json")

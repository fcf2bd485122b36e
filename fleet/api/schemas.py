"""The forms of what the API takes as free JSON, as JSON Schema."""

from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Reads
from fleet.configuration import settings_schema

router = admin_router("schemas")


@router.get("/schemas/node-settings", response_model=dict[str, Any])
def read_node_settings(person: Reads) -> Response:
    """Of the settings of a node: JSON Schema, draft 2020-12. What it cannot say, a change of settings answers with 422."""
    return JSONResponse(settings_schema.node_settings())

"""The forms of what the API takes as free JSON, as JSON Schema."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from fleet.api.dependencies import Admin
from fleet.configuration import settings_schema
from fleet.http.openapi import problems

router = APIRouter(prefix="/api/v1/schemas", tags=["schemas"], responses=problems(401, 429))


@router.get("/node-settings", response_model=dict[str, Any])
def read_node_settings(_admin: Admin) -> Response:
    """Of the settings of a node: JSON Schema, draft 2020-12. What it cannot say, a change of settings answers with 422."""
    return JSONResponse(settings_schema.node_settings())

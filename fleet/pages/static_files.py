"""The files of the pages that are the same for everybody: given out of memory like every other answer of theirs."""

from functools import cache
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

from fleet.http.shared_answers import Lasting
from fleet.pages.public import PublicDependency
from fleet.pages.shared_route import SharedRoute

_FOLDER = Path(__file__).parent / "static"
# Of what we have; not the machine's own table, which may say anything.
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# They change with the version only.
_LASTS_MS = 60_000

router = APIRouter(include_in_schema=False, route_class=SharedRoute)


@router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
async def static_file(name: str, public: PublicDependency) -> Response:
    return await public.pages.reader.run(_answer, name)


def _answer(name: str) -> Response:
    # Of the names that there are: so no name leads out of the folder.
    if name not in _names():
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Lasting((_FOLDER / name).read_bytes(), _LASTS_MS, _TYPES[Path(name).suffix])


@cache
def _names() -> frozenset[str]:
    return frozenset(path.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*") if path.suffix in _TYPES)

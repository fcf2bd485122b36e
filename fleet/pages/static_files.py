"""The files of the pages that are the same for everybody: given out of memory like every other answer of theirs."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from fleet.http.shared_answers import Lasting
from fleet.pages.public import PublicDependency
from fleet.pages.shared_route import Asked, SharedRoute
from host import page_files

_FOLDERS = (Path(__file__).parent / "static", page_files.FOLDER)
# Of what we have; not the machine's own table, which may say anything.
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# They change with the version only.
_LASTS_MS = 86_400_000


class _FileRoute(SharedRoute):
    def is_everybodys(self, path_params: Mapping[str, Any], asked: Asked) -> bool:
        # A page needs several at once, also for the first of its visitors.
        return path_params["name"] in _files()


router = APIRouter(include_in_schema=False, route_class=_FileRoute)


@router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
async def static_file(name: str, public: PublicDependency) -> Response:
    return await public.pages.reader.run(_answer, name)


def _answer(name: str) -> Response:
    # Of the names that there are: so no name leads out of the folders.
    path = _files().get(name)
    if path is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Lasting(path.read_bytes(), _LASTS_MS, _TYPES[path.suffix])


@cache
def _files() -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for folder in _FOLDERS for path in folder.rglob("*") if path.suffix in _TYPES}

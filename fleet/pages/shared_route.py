"""A route of the pages: one answer for all who ask the same in the same language, whatever else their request says.

The question is what the route reads: the last value of each name that it knows. So it cannot be made a new one, or a long one, by words
that mean nothing.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from fleet.pages import language
from fleet.pages.language_wish import has_wish, remembered
from fleet.pages.public import public_of

# Name and value of all that is read of a query.
Asked = tuple[tuple[str, str], ...]


class SharedRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        make = super().get_route_handler()
        known = sorted(query_fields(self.dependant))

        async def give(request: Request) -> Response:
            if has_wish(request):
                return remembered(request)
            public = await public_of(request)
            asked = tuple((name, request.query_params[name]) for name in known if name in request.query_params)

            async def made() -> Response:
                # Nothing of the rest gets into what others are shown.
                return await make(Request({**request.scope, "query_string": urlencode(asked).encode()}, request.receive))

            asker = None if self.is_everybodys(request.path_params, asked) else public.asker(request)
            key = request.scope["path"], asked, language.of_visitor(request.cookies, request.headers)
            return await public.pages.answers.give(key, request.headers, asker, made)

        return give

    def is_everybodys(self, path_params: Mapping[str, Any], asked: Asked) -> bool:
        """Whether there are few such questions, which everybody asks: with neither a name nor a wish."""
        return not (asked or path_params)


def query_fields(dependant: Dependant) -> dict[str, Any]:
    """All that the route reads of a query: the fields, as FastAPI has them, by their name there."""
    found = {field.alias: field for field in dependant.query_params}
    for other in dependant.dependencies:
        found |= query_fields(other)
    return found

"""A route of the pages: one answer for all who ask the same in the same language, whatever else their request says.

What the route does not know in a query is left out of the question, so that it cannot be made a new one by a word that means nothing.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from fleet.pages import language
from fleet.pages.language_wish import has_wish, remembered
from fleet.pages.public import public_of


class SharedRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        make = super().get_route_handler()
        known = set(_query_names(self.dependant))

        async def give(request: Request) -> Response:
            if has_wish(request):
                return remembered(request)
            public = await public_of(request)
            asked = tuple(sorted((name, value) for name, value in request.query_params.multi_items() if name in known))

            async def made() -> Response:
                # Nothing of the rest gets into what others are shown.
                return await make(Request({**request.scope, "query_string": urlencode(asked).encode()}, request.receive))

            # Neither a name nor a wish: what everybody asks.
            admit = public.admitting(request) if asked or request.path_params else None
            key = request.scope["path"], asked, language.of_visitor(request.cookies, request.headers)
            return await public.pages.answers.give(key, request.headers, admit, made)

        return give


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for other in dependant.dependencies:
        yield from _query_names(other)

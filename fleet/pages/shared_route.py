"""A route of the pages: one answer for all who ask the same in the same language, whatever else their request says.

What the route does not know in a query is left out of the question, so that it cannot be made a new one by a word that means nothing.
A wish for a language is remembered for its visitor, so that answer is nobody else's.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from fleet.api.dependencies import service_of
from fleet.pages import language

LANGUAGE_COOKIE = "airgrid_language"
_WISH = "lang"


class SharedRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        make = super().get_route_handler()
        known = set(_query_names(self.dependant))

        async def give(request: Request) -> Response:
            service = await service_of(request)
            if _WISH in request.query_params:
                service.people.admit()
                return await make(request)

            asked = tuple(sorted((name, value) for name, value in request.query_params.multi_items() if name in known))

            async def made() -> Response:
                service.people.admit()
                request.scope["query_string"] = urlencode(asked).encode()  # nothing of the rest gets into what others are shown
                return await make(Request(request.scope, request.receive))

            return await service.shared.give((request.url.path, asked, language_of(request)), request.headers, made)

        return give


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for other in dependant.dependencies:
        yield from _query_names(other)


def language_of(request: Request, wished: str | None = None) -> str:
    return language.choose(wished, request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))

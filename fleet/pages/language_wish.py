"""A wish for a language, `lang` in an address: it is remembered for its visitor, who is sent to the same address without it. So a page has
one address in each language, and a wish is no question of its own.
"""

from http import HTTPStatus
from urllib.parse import quote, urlencode

from fastapi import Request, Response

from fleet.pages import language

_WISH = "lang"
_REMEMBERED_S = 365 * 86_400


def has_wish(request: Request) -> bool:
    return _WISH in request.query_params


def remembered(request: Request) -> Response:
    """A wish for what there is not changes nothing. The address is a path of our own, whatever was asked for: it begins with one slash, is
    escaped, and says no host."""
    rest = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != _WISH])
    path = "/" + quote(request.scope["path"].lstrip("/"), safe="/")
    response = Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": f"{path}?{rest}" if rest else path})
    wished = request.query_params[_WISH]
    if wished in language.CODES:
        response.set_cookie(language.COOKIE, wished, max_age=_REMEMBERED_S, httponly=True, samesite="lax")
    return response

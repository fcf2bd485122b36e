# `socket` of the interpreter, until the access point goes away: then no new socket is to be had, and the open ones are shut
# down at the next look at the Wi-Fi or feed of the watchdog (bytes that are in the host by then still arrive).

import page
import usocket
import words

_ENETUNREACH = 101
_REMEMBERED = 4  # the newest; a node has one connection
_open = []


def __getattr__(name: str) -> object:
    return getattr(usocket, name)


def socket(*arguments) -> object:
    if page.get(words.ACCESS_POINT) != words.AP_GOOD:
        raise OSError(_ENETUNREACH)
    new = usocket.socket(*arguments)
    _open.append(new)
    if len(_open) > _REMEMBERED:
        _open.pop(0)
    return new


def obey_access_point() -> None:
    if _open and page.get(words.ACCESS_POINT) != words.AP_GOOD:
        while _open:
            fd = _open.pop().fileno()
            if fd >= 0:
                page.disconnect(fd)

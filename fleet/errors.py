# FleetError
# ├── InvalidError          a document with faults                        faults
# ├── MalformedError        a request that cannot be read at all          detail
# ├── TooLargeError         more than a limit allows                      what, limit
# ├── StorageFullError      no room for another artifact                  limit
# ├── UnauthorisedError     no token, or one that is not known
# ├── ForbiddenError        more than the role of who asks allows         why
# ├── EnrolmentError        a code that is wrong, used or expired         reason
# ├── NotFoundError         nothing of that name                          kind, name
# │   └── UnseenError       a thing that who asks may not know of         kind, name
# ├── ConflictError         the name is taken                             kind, name
# ├── RetiredError          it was retired                                kind, name
# ├── InUseError            others depend on it                           kind, name, users
# ├── RemovalError          it takes things away, and was not confirmed   removes
# ├── StaleError            it is not at the version that was read        what, version
# ├── RangeNotSatisfiableError   a byte range outside the artifact        size
# ├── RateLimitedError      too many requests of one sender               retry_after_s
# ├── OverloadedError       more waits than can be done                   retry_after_s
# ├── AlarmStateError       a step that is not possible in this state    alarm, state, possible
# ├── LeaseLostError        another process works in the background       holder, fence
# ├── OnTrialError          a version that may be taken back              retry_after_s
# ├── TooSlowError          a question that takes longer than it may      limit_s
# ├── ConfigurationError    options with faults                           faults
# ├── ListeningError        an address or port that cannot be had         host, port, reason
# ├── StateFolderError      a state folder that must not be used          path, reason
# ├── PageFilesError        files of the pages that are not there         folder, names
# ├── ChainBrokenError      a change that is not as it was recorded       link, reason
# └── MigrationError        an older store that cannot be brought up to date as it is   reason
"""Errors of the fleet service. http/problems.py has the answer that a client gets for each. Pure."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from contract.faults import Fault, fault_text

# Of what a change removes, so many are named in its sentence.
_SAID = 20
# Kind of what is not there -> what to do next.
_THERE_ARE = {
    "area": "GET /api/v1/areas lists those that there are",
    "site": "GET /api/v1/sites lists those that there are",
    "gateway": "GET /api/v1/gateways lists those that there are",
    "node": "GET /api/v1/nodes lists those that there are",
    "sensor": "GET /api/v1/sensors lists those that there are",
    "alarm": "GET /api/v1/alarms lists those that there are",
    "job": "GET /api/v1/jobs lists those that there are",
    "photo": "GET /api/v1/sites/SITE/photos lists those of a site",
    "boot": "the ledger of its node lists those that there are",
    "version": "its history lists those that there are",
    "gateway with a token": "its access has ended already, or it has not enrolled yet",
    "valid token": "airgrid-fleet token list shows those that there are",
}
# Kind of what is there already -> what to do next; a name is in place of the %s.
_TAKEN = {
    "area": "each has a code of its own; correct that one by PATCH /api/v1/areas/%s",
    "site": "choose another name, or correct that one by PATCH /api/v1/sites/%s",
    "gateway": "choose another name; another code for that one is made by POST /api/v1/gateways/%s/enrolment",
    "node": "choose another name; another board takes its place by POST /api/v1/nodes/%s/hardware",
    "sensor": "choose another name, or correct that one by PATCH /api/v1/sensors/%s",
    "token": "choose another name, since none is given twice",
}


class FleetError(Exception):
    """others: every fault of the request that it refuses, where they are known. found: what a job that it ends has found out."""

    others: Sequence[Fault] = ()
    found: Mapping[str, Any] | None = None


class InvalidError(FleetError):
    """faults: every one of them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(fault_text, faults)))
        self.faults = list(faults)


class MalformedError(FleetError):
    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TooLargeError(FleetError):
    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"at most {limit} {what}")
        self.what = what
        self.limit = limit


class StorageFullError(FleetError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"artifacts may take {limit} bytes in all: raise the option artifacts_bytes, and restart the service")
        self.limit = limit


class UnauthorisedError(FleetError):
    def __init__(self) -> None:
        super().__init__("a valid token is needed")


class ForbiddenError(FleetError):
    def __init__(self, why: str) -> None:
        super().__init__(f"not allowed: {why}")
        self.why = why


class EnrolmentError(FleetError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"the enrolment code is {reason}: an administrator makes another (POST /api/v1/gateways/GATEWAY/enrolment)")
        self.reason = reason


class NotFoundError(FleetError):
    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name}" + (f": {_THERE_ARE[kind]}" if kind in _THERE_ARE else ""))
        self.kind = kind
        self.name = name


class UnseenError(NotFoundError):
    """Answered as if it were not there."""


class ConflictError(FleetError):
    def __init__(self, kind: str, name: str) -> None:
        remedy = _TAKEN[kind] % name if "%s" in _TAKEN[kind] else _TAKEN[kind]
        super().__init__(f"there is a {kind} {name} already: {remedy}")
        self.kind = kind
        self.name = name


class RetiredError(FleetError):
    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name} is retired: its history stays, nothing of it changes any more, and its name is not given again")
        self.kind = kind
        self.name = name


class InUseError(FleetError):
    """users: what uses it, in words."""

    def __init__(self, kind: str, name: str, users: list[str]) -> None:
        super().__init__(f"{kind} {name} is in use by {', '.join(users)}: move or retire these first")
        self.kind = kind
        self.name = name
        self.users = users


class RemovalError(FleetError):
    """removes: what the change takes away, each in the words by which it is confirmed; none when something else was confirmed."""

    def __init__(self, removes: list[str]) -> None:
        few, more = removes[:_SAID], len(removes) - _SAID
        named = ", ".join(few) + (f" and {more} more" if more > 0 else "")
        wanted = "with `removes` as this answer has it" if more > 0 else f'with "removes": {json.dumps(removes, ensure_ascii=False)}'
        said = f"the change removes {named}: if that is meant" if removes else "the change removes nothing: if it is meant"
        super().__init__(f"{said}, ask again {wanted}")
        self.removes = removes


class StaleError(FleetError):
    def __init__(self, what: str, version: int) -> None:
        super().__init__(f"version {version} of {what} holds by now: read that, and change it then")
        self.what = what
        self.version = version


class RangeNotSatisfiableError(FleetError):
    def __init__(self, size: int) -> None:
        super().__init__(f"the artifact has {size} bytes")
        self.size = size


class RateLimitedError(FleetError):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many requests; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class OverloadedError(FleetError):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too much is waiting; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class AlarmStateError(FleetError):
    """possible: what may be done to it in its state."""

    def __init__(self, alarm: int, state: str, possible: Sequence[str]) -> None:
        super().__init__(f"alarm {alarm} is {state}: it can be {', '.join(possible)}")
        self.alarm = alarm
        self.state = state
        self.possible = possible


class LeaseLostError(FleetError):
    """Of work in the background: another process does it now, and nothing was written."""

    def __init__(self, holder: str, fence: int) -> None:
        super().__init__(f"{holder} does not hold the lease of the background any more (number {fence})")
        self.holder = holder
        self.fence = fence


class OnTrialError(FleetError):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"a new version is on trial, and gives no tokens until it is kept; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class ConfigurationError(FleetError):
    """faults: every one of them."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class ListeningError(FleetError):
    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"{host}:{port}: {reason}")
        self.host = host
        self.port = port
        self.reason = reason


class TooSlowError(FleetError):
    def __init__(self, limit_s: float) -> None:
        super().__init__(f"the answer would take longer than {limit_s:g} s; ask for a shorter span, or for less at once")
        self.limit_s = limit_s


class StateFolderError(FleetError):
    def __init__(self, path: PurePath, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class PageFilesError(FleetError):
    """An installation that is not whole: the pages would not work, and nobody would know why."""

    def __init__(self, folder: PurePath, names: list[str]) -> None:
        super().__init__(
            f"{folder}: these files of the pages are missing: {', '.join(names)}. "
            "In a checkout please run: make setup. On an installed machine please run the `install` of its bundle again."
        )
        self.folder = folder
        self.names = names


class ChainBrokenError(FleetError):
    """link: of the first change that is not what it was."""

    def __init__(self, link: int, reason: str) -> None:
        super().__init__(
            f"the record of changes is broken at link {link}: {reason} -> keep this database, and compare it with the newest copy in which "
            "`airgrid-fleet audit verify` finds no fault"
        )
        self.link = link
        self.reason = reason
        self.found = {"broken_link": link, "why": reason}


class FormError(FleetError):
    """The store is not in the form that this version reads."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the record cannot be read: {reason}")
        self.reason = reason


class MigrationError(FleetError):
    """The store is as it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the store cannot be migrated: {reason}")
        self.reason = reason

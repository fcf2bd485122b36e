"""Who changed what, when and why: written in the transaction of the change itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert

from fleet.people.tables import change


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a person or program, now. who: the name of an admin token, of a gateway, or `console`."""

    who: str
    now_ms: int
    reason: str = ""


def record_change(connection: Connection, act: Act, what: str, subject: str) -> None:
    row = {"at_ms": act.now_ms, "who": act.who, "what": what, "subject": subject, "reason": act.reason}
    connection.execute(insert(change), row)

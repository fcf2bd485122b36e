"""`airgrid-fleet audit`: whether the record of changes is the one that was written."""

import re
from typing import Annotated

import typer

from fleet.command.configured import ConfigOption, DatabaseOption, StateOption
from fleet.command.opening import reading_store
from fleet.errors import ChainBrokenError
from fleet.people.audit import verify_chain
from fleet.people.audit_chain import Break, Head
from host.command_line import CommandLine

audit_app = CommandLine(
    help="The record of changes, as a chain. Example: `sudo -u airgrid-fleet airgrid-fleet audit verify`", rich_markup_mode="markdown"
)
_HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")


def _head(text: str) -> Head:
    found = _HEAD.fullmatch(text)
    if found is None:
        raise typer.BadParameter("LINK:DIGEST, as an earlier `audit verify` printed it")
    return Head(int(found[1]), found[2])


@audit_app.callback()
def audit() -> None:
    """With one command today; named as those that come."""


@audit_app.command()
def verify(
    head: Annotated[
        Head | None,
        typer.Option(
            parser=_head, metavar="LINK:DIGEST", help="an end of the chain that was noted earlier; found is also what was cut off"
        ),
    ] = None,
    state: StateOption = None,
    db: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Reads every change ever recorded, and says whether each is as it was written; else which is the first that is not.

    Changes nothing, and needs no signing key. Prints the end of the chain. Noted elsewhere and given as `--head` another time, it shows
    that nothing before it was taken away or written anew.

    Example: `sudo -u airgrid-fleet airgrid-fleet audit verify`
    """
    with reading_store(state, db, config) as connection:
        found = verify_chain(connection, head)
    if isinstance(found, Break):
        raise ChainBrokenError(found.link, found.why)
    erased = f"; who, from where and why are erased in {found.erased} of them" if found.erased else ""
    typer.echo(f"{found.head.link} changes, each as it was written{erased}\nhead {found.head}")

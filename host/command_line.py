"""The command line of each tool: typer, whose help names the type of what an option takes, and none where it takes nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

Function = TypeVar("Function", bound=Callable[..., Any])


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types_of_switches(super().get_params(ctx))


class _Group(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types_of_switches(super().get_params(ctx))


class CommandLine(typer.Typer):
    """Its commands show a switch as `--json`, where typer shows `--json <bool>`, which reads as if a value belonged to it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(cls=_Group, no_args_is_help=True, pretty_exceptions_enable=False, **given)

    def command(self, name: str | None = None, **given: Any) -> Callable[[Function], Function]:
        return super().command(name, cls=_Command, **given)


def _without_types_of_switches(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        # The switch --help is made by the command itself: only here can it be reached.
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    return parameters

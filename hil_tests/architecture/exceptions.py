"""Exceptions of a rule: a table from what is violated to the reason why it may be. Pure."""

from collections.abc import Iterable, Mapping


def unexcused(found: Iterable[str], exceptions: Mapping[str, str]) -> list[str]:
    """The violations that no exception names, and the exceptions that have no reason or that nothing needs."""
    violations = set(found)
    return [
        *sorted(violations - exceptions.keys()),
        *(f"exception without a reason: {key}" for key, reason in exceptions.items() if len(reason.split()) < 4),
        *(f"exception that nothing needs: {key}" for key in exceptions if key not in violations),
    ]

"""File descriptors of this process: how many it may have, and how many of them its listeners may use."""

import resource

# Beyond it a process that counts its descriptors one by one (some containers allow 2^30) takes for ever.
_MOST = 65_536


def raise_soft_limit(most: int = _MOST) -> int:
    """Raises the soft limit of this process to the hard one, `most` at most; answers the soft limit in force.

    A process that may not (a unit's SystemCallFilter) goes on with the one it has.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return soft
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def soft_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else soft


def connections_within(soft: int, reserve: int, backlog: int, wanted: int) -> int:
    """Connections that a listener may hold: of `soft` descriptors, `reserve` stay free for everything else, and `backlog` for those
    that are accepted only to be refused. One at least, `wanted` at most."""
    return max(1, min(wanted, soft - reserve - backlog))

"""What a person may wish of the demo, by the environment. Pure."""

# Two periods, a change of settings, and the starting of boards.
LEAST_SECONDS = 15


def wished_seconds(text: str) -> float | None:
    """None: until Ctrl-C. Raises ValueError on what is no number, or too short for every node to report."""
    if not text:
        return None
    seconds = float(text)
    if not LEAST_SECONDS <= seconds < float("inf"):
        raise ValueError(text)
    return seconds


def tunnel(ssh_connection: str, user: str, ports: list[int]) -> str | None:
    """The command that brings the pages to the machine from which someone is logged in here by ssh; None when nobody is.

    `ssh_connection`: the variable SSH_CONNECTION, "client-address client-port server-address server-port".
    """
    words = ssh_connection.split()
    if len(words) != 4:
        return None
    _, _, address, port = words
    lines = " ".join(f"-L {number}:127.0.0.1:{number}" for number in ports)
    return f"ssh {lines}{'' if port == '22' else f' -p {port}'} {user}@{address}"

# Why the node started, as a word of the contract's hello. The constants of `machine` differ from port to port, and some are missing.
# Pure.

_WORDS = (
    ("PWRON_RESET", "power_on"),
    ("HARD_RESET", "hard"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep_sleep"),
    ("SOFT_RESET", "soft"),
)


def reset_cause(machine) -> str:
    cause = machine.reset_cause()
    for constant, word in _WORDS:
        if getattr(machine, constant, None) == cause:
            return word
    return "unknown"

# What is wrong in a document, and where. Judges return a list of faults; an empty list means that there is no fault.
#
# A path is a tuple of keys and indexes from the top of what was judged: ("rules", 2, "hold_s"); () is the whole. Who judges a part of a
# document puts the way to it in front (`below`). Text is made of a path in one place, and only for people: nothing reads it back.

from collections import namedtuple

# Of a key that is not there. JSON cannot carry it, so it is never mistaken for a value.
MISSING = ...

# path, what is allowed there (text), and the value that stands there, or MISSING
Fault = namedtuple("Fault", ("path", "allowed", "value"))

NO_SUCH_KEY = "no such key"


def below(path: tuple, found: "list[Fault]") -> "list[Fault]":
    """The faults of what stands at that path."""
    return [Fault(path + fault.path, fault.allowed, fault.value) for fault in found]


def unknown(fields: dict, known: "list | tuple") -> "list[Fault]":
    """The keys that no table names: to be refused where a person types, kept where a machine passes on."""
    return [Fault((key,), NO_SUCH_KEY + "; there are: " + ", ".join(sorted(known)), fields[key]) for key in fields if key not in known]


def path_text(path: tuple) -> str:
    """rules[2].hold_s; of the whole, $."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += "[%d]" % step
        else:
            text += "." + str(step) if text else str(step)
    return text or "$"


def fault_text(fault: "Fault") -> str:
    return path_text(fault.path) + ": " + fault.allowed

"""What becomes of a desired document, as a table. Pure: (state, event) -> (saves, next state, actions, records); desired_state.py performs.

                              CHANGED, FOUND_TRIAL
                        ┌─────────────────────────────────┐
                        │                                 ▼
    EMPTY ──────────▶ KEPT ◀───── PROVED, ACCEPTED ──── ON_TRIAL ──┐ CHANGED: a newer one takes its place
      FOUND_GOOD,       ▲                                 │   ▲    │
      ACCEPTED          └──────────── FAILED ─────────────┘   └────┘

The theory is commit-confirm, as network devices have it: a change that cuts off the one who made it cannot be taken back by him, so it
must take itself back. A document that changes anything is in force on trial; it is kept when it has proved itself (trial.py), else the
last good one returns. There is always a good one to return to: what comes first, or changes nothing, needs no trial.

Three things make a kill at any moment leave the old document or the new one, never a third:

- `saves` go to the disk first. If one fails, nothing has happened: the state stays, and the event may come again.
- `actions` are of memory. When the first one begins, the next state is in force.
- `records` go to the disk last: what they say is true already, whether or not the disk takes it. If one is lost, a start finds the trial
  again, counts it, and after some starts gives it back.

At a start the events are what is found on the disk: FOUND_GOOD, then FOUND_RETURNED, then one of the three about a trial. A pair that is
not in the table cannot come; `step` raises for it.

The states are words of the device API, and so are the outcomes that are reported of a version: kept, on_trial, returned, refused.
"""

from enum import Enum
from typing import NamedTuple

from contract.site import device_api

EMPTY, KEPT, ON_TRIAL = "empty", device_api.KEPT, device_api.ON_TRIAL
RETURNED, REFUSED = device_api.RETURNED, device_api.REFUSED  # outcomes of a version; the state is then what it was before that version came
STATES = (EMPTY, KEPT, ON_TRIAL)


class Event(Enum):
    FOUND_GOOD = "the last good document is on the disk"
    FOUND_RETURNED = "a version that has returned is on the disk, newer than the good one"
    FOUND_TRIAL = "a document on trial is on the disk, newer than the good one and than any that has returned"
    FOUND_SPENT = "such a document on trial, under which the gateway was started too often"
    FOUND_LEFTOVER = "a document on trial that is decided already, or cannot be trusted, or has no good one to return to"
    ACCEPTED = "a valid document came that changes nothing, or is the first"
    CHANGED = "a valid document came that changes something"
    INVALID = "a document came that is refused"
    PROVED = "what is on trial has proved itself"
    FAILED = "the time of what is on trial is over"


class Save(Enum):
    """Of files; each of them atomic."""

    GOOD = "it is the last good one, and nothing is on trial"
    TRIAL = "it is on trial"
    START = "it was started once more on trial"
    RETURNED = "this version has returned, and nothing is on trial"
    NO_TRIAL = "nothing is on trial"


class Action(Enum):
    BEGIN_TRIAL = "its evidence is waited for from now on"
    END_TRIAL = "no evidence is waited for"
    MAKE_GOOD = "it is the one to return to"
    APPLY = "it is in force, part by part"
    APPLY_GOOD = "the last good one is in force, part by part"
    CONFIRM = "it is noted whether every part of the gateway has taken it"
    BAR = "it, and any older version, is not taken again"
    REPORT_KEPT = "its outcome is reported: kept"
    REPORT_ON_TRIAL = "its outcome is reported: on_trial"
    REPORT_RETURNED = "its outcome is reported: returned"
    REPORT_REFUSED = "its outcome is reported: refused"


class Transition(NamedTuple):
    saves: tuple[Save, ...]
    state: str
    actions: tuple[Action, ...]
    records: tuple[Save, ...] = ()


class MissingTransitionError(Exception):
    def __init__(self, state: str, event: Event) -> None:
        super().__init__(f"{event.name} cannot come in the state {state}")
        self.state = state
        self.event = event


_KEEP = (Action.END_TRIAL, Action.MAKE_GOOD, Action.APPLY, Action.REPORT_KEPT)
_TRY = (Action.BEGIN_TRIAL, Action.APPLY, Action.CONFIRM, Action.REPORT_ON_TRIAL)
_GIVE_BACK = (Action.END_TRIAL, Action.BAR, Action.APPLY_GOOD, Action.REPORT_RETURNED)
_REFUSE = (Action.BAR, Action.REPORT_REFUSED)

TABLE = {
    (EMPTY, Event.FOUND_GOOD): Transition((), KEPT, _KEEP),
    (EMPTY, Event.FOUND_RETURNED): Transition((), EMPTY, (Action.BAR, Action.REPORT_RETURNED)),
    (EMPTY, Event.FOUND_LEFTOVER): Transition((Save.NO_TRIAL,), EMPTY, ()),
    (EMPTY, Event.ACCEPTED): Transition((Save.GOOD,), KEPT, _KEEP),
    (EMPTY, Event.INVALID): Transition((), EMPTY, _REFUSE),
    (KEPT, Event.FOUND_RETURNED): Transition((), KEPT, (Action.BAR, Action.REPORT_RETURNED)),
    (KEPT, Event.FOUND_TRIAL): Transition((Save.START,), ON_TRIAL, _TRY),
    (KEPT, Event.FOUND_SPENT): Transition((), KEPT, _GIVE_BACK, (Save.RETURNED,)),
    (KEPT, Event.FOUND_LEFTOVER): Transition((Save.NO_TRIAL,), KEPT, ()),
    (KEPT, Event.ACCEPTED): Transition((Save.GOOD,), KEPT, _KEEP),
    (KEPT, Event.CHANGED): Transition((Save.TRIAL,), ON_TRIAL, _TRY),
    (KEPT, Event.INVALID): Transition((), KEPT, _REFUSE),
    (ON_TRIAL, Event.ACCEPTED): Transition((Save.GOOD,), KEPT, _KEEP),
    (ON_TRIAL, Event.CHANGED): Transition((Save.TRIAL,), ON_TRIAL, _TRY),
    (ON_TRIAL, Event.INVALID): Transition((), ON_TRIAL, _REFUSE),
    (ON_TRIAL, Event.PROVED): Transition((Save.GOOD,), KEPT, _KEEP),
    (ON_TRIAL, Event.FAILED): Transition((), KEPT, _GIVE_BACK, (Save.RETURNED,)),
}


def step(state: str, event: Event) -> Transition:
    """Raises MissingTransitionError."""
    found = TABLE.get((state, event))
    if found is None:
        raise MissingTransitionError(state, event)
    return found

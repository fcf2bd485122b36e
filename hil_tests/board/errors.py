"""What can go wrong with a virtual board.

BoardError
├── BoardIsOnError       the flash of a running board was asked for
├── FlashToolError       the interpreter that reads or writes a flash image failed     output
├── SupervisorEndedError the thread behind the board has ended, or the board was stopped
└── NotReachedError      a state or a line that was waited for did not come            what, within_s, console
"""


class BoardError(Exception):
    pass


class BoardIsOnError(BoardError):
    def __init__(self) -> None:
        super().__init__("the board is on: cut its power first, or use mpremote on its port")


class FlashToolError(BoardError):
    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


class SupervisorEndedError(BoardError):
    def __init__(self) -> None:
        super().__init__("nobody watches over this board any more: it was stopped, or a fault (see stderr) ended its thread")


class NotReachedError(BoardError):
    def __init__(self, what: str, within_s: float, console: str) -> None:
        super().__init__(f"not within {within_s} s: {what}; the console ends with:\n{console[-2000:]}")
        self.what = what
        self.within_s = within_s
        self.console = console

# NodeError
# └── WiringError   a sensor's settings that this board cannot serve   slot, reason
#
# What a sensor does is never an error here: silence, noise and exceptions are quality codes with a time.


class NodeError(Exception):
    pass


class WiringError(NodeError):
    def __init__(self, slot: int, reason: str):
        super().__init__("slot %d: %s" % (slot, reason))
        self.slot = slot
        self.reason = reason

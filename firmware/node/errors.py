# NodeError
# ├── WiringError      a sensor's settings that this board cannot serve     slot, reason
# └── MqttError        a broker that does not speak MQTT 3.1.1, or refuses  reason
#
# What a sensor does is never an error here: silence, noise and exceptions are quality codes with a time.


class NodeError(Exception):
    pass


class WiringError(NodeError):
    def __init__(self, slot: int, reason: str):
        super().__init__("slot %d: %s" % (slot, reason))
        self.slot = slot
        self.reason = reason


class MqttError(NodeError):
    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

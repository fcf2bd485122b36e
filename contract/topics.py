# Names of messages. MQTT: "airgrid/1/<direction>/<node>/<type>". Serial frames carry the part after the prefix.

PREFIX = "airgrid/1/"
UP = "up"
DOWN = "down"
EVERY_UP = PREFIX + "up/+/+"

MAX_NODE_CHARACTERS = 32
_NODE_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def is_node_id(text: str) -> bool:
    """Lower-case letters, digits and "-", 1 to 32 of them: safe in a topic, a path and a page."""
    return 0 < len(text) <= MAX_NODE_CHARACTERS and all(c in _NODE_CHARACTERS for c in text)


def name(direction: str, node: str, kind: str) -> str:
    return direction + "/" + node + "/" + kind


def topic(direction: str, node: str, kind: str) -> str:
    return PREFIX + name(direction, node, kind)


def every_down(node: str) -> str:
    """The subscription of a node."""
    return PREFIX + "down/" + node + "/+"


def parse_name(text: str) -> "tuple[str, str, str] | None":
    """(direction, node, type) of a name, or None when it is not one of ours."""
    parts = text.split("/")
    if len(parts) != 3 or parts[0] not in (UP, DOWN) or not is_node_id(parts[1]) or not parts[2]:
        return None
    return parts[0], parts[1], parts[2]


def parse_topic(text: str) -> "tuple[str, str, str] | None":
    return parse_name(text[len(PREFIX) :]) if text.startswith(PREFIX) else None

"""How the time of an item is known, as the store keeps it. Pure."""

from contract.site import device_api

# By the node's own clock, by an anchor of the gateway, by bounds only, or by bounds that an anchor repaired later.
HOW_NODE, HOW_ANCHOR, HOW_BOUNDS, HOW_REPAIRED = range(4)
HOW_KEYS: dict[int, device_api.Dating] = {
    HOW_NODE: device_api.BY_NODE,
    HOW_ANCHOR: device_api.BY_ANCHOR,
    HOW_BOUNDS: device_api.BY_BOUNDS,
    HOW_REPAIRED: device_api.BY_ANCHOR,
}

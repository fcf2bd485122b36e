"""How the time of an item is known, as the store keeps it. Pure."""

# By the node's own clock, by an anchor of the gateway, by bounds only, or by bounds that an anchor repaired later.
HOW_NODE, HOW_ANCHOR, HOW_BOUNDS, HOW_REPAIRED = range(4)
HOW_KEYS = {HOW_NODE: "node", HOW_ANCHOR: "anchor", HOW_BOUNDS: "bounds", HOW_REPAIRED: "anchor"}

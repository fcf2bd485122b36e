# Who may say what at a site's MQTT broker. It only keeps nodes apart and floods away: who speaks is decided by the seal of each message.
#
# A node's user is its name, its password the first 16 bytes of HMAC-SHA256(key of the node, "broker") in hex: who has the key can
# work it out, so that provisioning needs no second secret and a gateway can let its nodes in by its desired document alone.

from contract.authentication import hmac_sha256


def password(key: bytes) -> str:
    return hmac_sha256(key, b"broker")[:16].hex()

"""MQTT 3.1.1 for the bench: one codec of packets, one client, one scripted broker. Shares nothing with the node's codec, and no mistake."""

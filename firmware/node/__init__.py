# The application of a node: from the sensors' bytes to sealed messages, and from the gateway's settings back to the sensors.
# Everything here runs on MicroPython 1.23+; what touches no hardware is also tested on CPython. Only app.py knows all parts.

VERSION = "0.1.0"

"""Virtual sensors: what a real part would send, from its own encoders. Knows nothing of the firmware or of the contract's codecs."""

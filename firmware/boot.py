# Chooses the application, and nothing else. It is never updated over the air, so it must not fail: no import of ours, no file.
import sys

sys.path.insert(0, "/a")

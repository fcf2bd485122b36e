# The captures beside this file, by the beginning of their name. Made from published frames and from our own, never recorded by others.

import json
import os


def captures_of(part: str) -> list:
    """[(name, content), ...]"""
    folder = __file__.rsplit("/", 1)[0] + "/captures"
    names = sorted(name for name in os.listdir(folder) if name.startswith(part) and name.endswith(".json"))
    assert names, part
    found = []
    for name in names:
        with open(folder + "/" + name) as file:
            found.append((name[:-5], json.load(file)))
    return found

#!/bin/sh
# Package:  sqlite-utils 4.2.1
# Expected: upsert_all changes of each row the columns that it names, as upsert does for one row.
# Seen:     rows of one call share the union of their columns, and what a row does not name becomes NULL.
# airgrid:  not touched: the gateway uses sqlite-utils for its schema only (gateway/store/schema.py); rows go by plain statements.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON3:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlite-utils==4.2.1
cd "$folder"
venv/bin/python - <<'END'
import sqlite_utils

nodes = sqlite_utils.Database(memory=True)["node"]
nodes.insert_all([{"id": 1, "site": "east", "note": "roof"}, {"id": 2, "site": "west", "note": "gate"}], pk="id")
nodes.upsert_all([{"id": 1, "site": "north"}, {"id": 2, "note": "door"}], pk="id")
seen = list(nodes.rows)
print("upsert_all:", seen)
assert seen == [{"id": 1, "site": "north", "note": None}, {"id": 2, "site": None, "note": "door"}]
nodes.upsert({"id": 1, "note": "roof"}, pk="id")
print("upsert:", nodes.get(1))
assert nodes.get(1) == {"id": 1, "site": "north", "note": "roof"}
END

#!/bin/sh
# Package:  duckdb 2.0.1, looked at with pyarrow 26.0.1
# Expected: COPY of a query writes the value that the query answers.
# Seen:     sum() of BIGINT is a HUGEINT, for which Parquet has no type: it is written as DOUBLE without a warning, so that sums above
#           2^53 are rounded in the file. A CAST to BIGINT keeps them.
# airgrid:  not touched: nothing is written as Parquet. Whoever writes sums of scaled integers casts them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON3:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1
cd "$folder"
venv/bin/python - <<'END'
import duckdb
import pyarrow.parquet

QUERY = "SELECT sum(v) AS total FROM (VALUES (9007199254740993::BIGINT)) t(v)"
asked = duckdb.sql(QUERY).fetchall()
duckdb.sql(f"COPY ({QUERY}) TO 'sum.parquet'")
duckdb.sql(f"COPY (SELECT total::BIGINT AS total FROM ({QUERY})) TO 'cast.parquet'")
found = {name: (str(table.schema.field("total").type), table["total"][0].as_py())
         for name in ("sum", "cast") for table in [pyarrow.parquet.read_table(f"{name}.parquet")]}
print("query:", asked, "file:", found)
assert asked == [(9007199254740993,)]
assert found == {"sum": ("double", 9007199254740992.0), "cast": ("int64", 9007199254740993)}
END

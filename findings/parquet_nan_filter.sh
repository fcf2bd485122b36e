#!/bin/sh
# Packages: pyarrow 26.0.1, polars 2.1.0, duckdb 2.0.1
# Expected: rows with v > 2 of one Parquet file are the same in each.
# Seen:     polars and duckdb order NaN above every number and keep it, pyarrow drops it. duckdb's isnan finds no NaN in this file.
# airgrid:  not touched: nothing is read from Parquet, and values are scaled integers with a quality, never NaN. Missing is NULL.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON3:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
cd "$folder"
venv/bin/python - <<'END'
import duckdb
import polars
import pyarrow
import pyarrow.parquet

pyarrow.parquet.write_table(pyarrow.table({"v": [1.0, float("nan"), 3.0]}), "v.parquet")
rows = {
    "pyarrow": pyarrow.parquet.read_table("v.parquet", filters=[("v", ">", 2)]).num_rows,
    "polars": polars.read_parquet("v.parquet").filter(polars.col("v") > 2).height,
    "duckdb": duckdb.sql("SELECT count(*) FROM 'v.parquet' WHERE v > 2").fetchall()[0][0],
    "duckdb isnan": duckdb.sql("SELECT count(*) FROM 'v.parquet' WHERE isnan(v)").fetchall()[0][0],
}
print(rows)
assert rows == {"pyarrow": 1, "polars": 2, "duckdb": 2, "duckdb isnan": 0}
END

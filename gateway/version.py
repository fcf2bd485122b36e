"""The version of the distribution. pyproject.toml takes it from here: asking for it at run time costs 1 MB of libraries."""

VERSION = "0.1.0"

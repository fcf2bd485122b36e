"""What everybody must know of the tables of buffer.sqlite, without the library that makes them (schema.py)."""

# "agGW": what makes a SQLite file ours (sqlite.org/pragma.html#pragma_application_id)
APPLICATION_ID = 0x61674757
# How many migrations a file has that is up to date.
VERSION = 13

# Lane 0 overtakes all others on the way to the fleet. Summaries stand for reports that had to be thinned. Late reports came long after
# they were made, by their own time: a node's history, which must not stand before what is new.
URGENT_LANE = 0
REPORT_LANE = 1
SUMMARY_LANE = 2
LATE_LANE = 3
LANES = (URGENT_LANE, REPORT_LANE, SUMMARY_LANE, LATE_LANE)

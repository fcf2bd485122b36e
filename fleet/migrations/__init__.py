"""The history of the tables, applied in order at every start. A revision that has been released is never edited."""

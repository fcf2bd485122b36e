# One file a board: how it is wired, as tables. There is no code in them.

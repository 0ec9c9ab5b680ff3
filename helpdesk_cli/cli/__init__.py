"""The face. Knows desk, table, errors, Typer, tabulate. Reads words, calls one verb, prints its answer."""

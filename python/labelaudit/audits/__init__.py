"""The audit of a table: run, kept as an `Audit`, saved and loaded."""

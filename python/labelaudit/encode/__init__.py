"""From a table's columns to the numbers the model sees: fitted on the whole table, applied rows by rows."""

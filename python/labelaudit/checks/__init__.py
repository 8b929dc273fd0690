"""The gate: an audit's issues against limits, a baseline and an older version of the data."""

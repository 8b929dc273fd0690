"""Parquet files as a Table: opened, read by row group, their cells as typed columns or as text."""

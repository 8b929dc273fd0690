"""Reading: labelled tables from files or DataFrames, exactly or refused."""

from labelaudit.table.frame import table_from_frame
from labelaudit.table.reader import read_table
from labelaudit.table.table import Column, Kind, LeftOutColumn, LeftOutRow, Source, Table

__all__ = ["Column", "Kind", "LeftOutColumn", "LeftOutRow", "Source", "Table", "read_table", "table_from_frame"]

"""labelaudit finds the rows of a labelled table whose label is probably wrong."""

__version__ = "0.1.0"

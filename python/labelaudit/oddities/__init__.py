"""What is odd about a table, beside single labels: leaks, identifiers, classes that look alike, conflicts."""

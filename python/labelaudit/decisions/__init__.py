"""What people decided about rows: kept in a file that grows, found again by the row's content."""

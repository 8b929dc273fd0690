"""What a page about an audit shows beside its ranking: rows as points, and cells of the first rows."""

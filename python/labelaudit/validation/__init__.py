"""Known label errors in a copy of the user's own data: what an audit finds, and how true its stated figures are."""

"""What an audit will need, from some of its data."""

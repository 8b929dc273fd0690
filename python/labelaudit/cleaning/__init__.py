"""A cleaned copy of the audited file from decisions or suggestions, and the way back."""

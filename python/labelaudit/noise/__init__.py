"""How labels go wrong: models of the noise matrix P(given | true), and what they make of a row."""

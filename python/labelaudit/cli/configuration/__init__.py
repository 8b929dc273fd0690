"""Options from pyproject.toml, labelaudit.toml and the environment, below the command line."""

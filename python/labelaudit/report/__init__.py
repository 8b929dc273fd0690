"""Reports: every format is one module with `render(audit, ...) -> str`."""

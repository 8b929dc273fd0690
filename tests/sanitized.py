"""Whether the extension under test is built with a sanitizer, which is then preloaded: benchmarks/sanitize.sh."""

from __future__ import annotations

import os

SANITIZED = "SANITIZED_EXTENSION" in os.environ

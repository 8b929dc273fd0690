"""Detection measured on a folder of labelled tables: planted errors, real ones, and other tools beside labelaudit."""

from labelaudit.benchmark.detection.manifest import Entry, read_manifest
from labelaudit.benchmark.detection.results import Detection, to_json
from labelaudit.benchmark.detection.run import Protocol, run_detection
from labelaudit.benchmark.detection.text import render

__all__ = ["Detection", "Entry", "Protocol", "read_manifest", "render", "run_detection", "to_json"]

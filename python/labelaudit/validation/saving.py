"""A validation as files: its figures, and plots where matplotlib is installed."""

from __future__ import annotations

import json
from pathlib import Path

from labelaudit.audits.saving import encoded
from labelaudit.errors import UsageError
from labelaudit.files import make_folder, write_files
from labelaudit.masks import no_wider_than
from labelaudit.pictures import require_matplotlib
from labelaudit.validation.plots import PLOTS, plots
from labelaudit.validation.result import Validation

FIGURES = "validation.json"
FILES = (FIGURES, *PLOTS)


def save(validation: Validation, folder: Path) -> list[Path]:
    """Writes the files and returns their paths, the figures first; raises OutputError when that fails."""
    text = json.dumps(validation.summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    contents = {FIGURES: encoded(text), **(plots(validation) if can_plot() else {})}
    with no_wider_than(source["path"] for source in validation.data["sources"]):
        make_folder(folder)
        write_files({folder / name: content for name, content in contents.items()})
    return [folder / name for name in contents]


def can_plot() -> bool:
    """Whether matplotlib is installed."""
    try:
        require_matplotlib()
    except UsageError:
        return False
    return True

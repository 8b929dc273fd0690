"""Explanations of rows while the page is already there: the model is read again in a thread of its own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from labelaudit.errors import InputError, LabelauditError
from labelaudit.explanations.explain import explain_row
from labelaudit.explanations.fitted import FittedRows
from labelaudit.kernels.blas import one_thread
from labelaudit.report.explanation_json import render

TOP = 6  # rows on each side: what one takes in at a glance
KEPT = 256  # rows; a guess at how far one steps back


class Explainer:
    """Explains rows one at a time; may be asked from several threads."""

    def __init__(self, load: Callable[[], FittedRows]) -> None:
        self._load = load
        self._model: FittedRows | None = None
        self._failure: str | None = None
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, str] = OrderedDict()

    def start(self) -> None:
        """Begins to read the model; returns at once."""
        threading.Thread(target=self._read, name="explainer", daemon=True).start()

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until the model is read or has failed to be; whether that is so."""
        return self._ready.wait(seconds)

    def explanation(self, row: int) -> str | None:
        """The explanation of a row as JSON; None while the model is read. Raises InputError where that failed."""
        if not self._ready.is_set():
            return None
        if self._model is None:
            raise InputError(f"there are no explanations: {self._failure}")
        with self._lock:
            if row not in self._kept:
                with one_thread():
                    self._kept[row] = render(explain_row(self._model, row, top=TOP))
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(row)
            return self._kept[row]

    def _read(self) -> None:
        try:
            with one_thread():
                self._model = self._load()
        except LabelauditError as error:
            self._failure = str(error)
        except Exception as error:  # the review goes on without, and says why
            self._failure = f"{type(error).__name__}: {error}"
        finally:
            self._ready.set()

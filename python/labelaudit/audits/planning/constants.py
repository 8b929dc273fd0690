"""Seconds for each unit of work of `effort.amounts`; written by benchmarks/plan.py --fit."""

from __future__ import annotations

from labelaudit.audits.planning.speed import Speed

SPEED = Speed(kernel=0.0008521, plain=0.007778)
SECONDS: dict[str, dict[str, float]] = {
    "start": {
        "start": 1.259,
    },
    "reading": {
        "cells": 7.576e-08,
        "lines": 2.662e-09,
        "start": 0.02041,
    },
    "choosing": {
        "cells": 2.604e-08,
        "directions": 0,
        "factors": 1.931e-10,
        "grams": 3.807e-10,
        "letters": 2.568e-05,
        "noise": 0,
        "products": 0,
        "start": 0.5126,
    },
    "fitting": {
        "directions": 0,
        "encoding": 4.84e-08,
        "factors": 1.086e-10,
        "forms": 1.114e-10,
        "grams": 5.018e-11,
        "letters": 3.963e-06,
        "products": 7.351e-09,
        "rows": 0,
        "start": 0.04836,
        "texts": 3.928e-06,
    },
    "weighing": {
        "factors": 1.355e-10,
        "forms": 1.762e-10,
        "grams": 4.988e-11,
        "matrices": 4.069e-06,
        "products": 0,
        "rates": 0.0001483,
        "rows": 1.379e-06,
        "small systems": 0,
        "start": 0.2067,
    },
    "influence": {
        "pairs": 0,
        "ranking": 8.009e-08,
        "rows": 8.99e-08,
    },
    "saving": {
        "encoding": 1.92e-07,
        "ranking": 1.929e-06,
        "start": 0.1296,
        "texts": 4.26e-06,
        "vocabulary": 0,
    },
}

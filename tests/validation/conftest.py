from __future__ import annotations

import pandas as pd
import pytest

import labelaudit
from sample_data import HEADER, QUICK, sample_rows


@pytest.fixture(scope="session")
def frame():
    return pd.DataFrame(sample_rows(120, wrong=0.03), columns=HEADER).astype({"a": float, "b": float})


@pytest.fixture(scope="session")
def validation(frame):
    return labelaudit.validate(frame, "label", id="key", repeats=2, rate=0.15, **QUICK)

from __future__ import annotations

import io

import numpy as np
import pytest

from labelaudit.encode.content import row_hashes
from labelaudit.encode.encoder import ENCODINGS, Encoding, fit_encoder
from labelaudit.encode.state import pack, unpack
from labelaudit.kernels.native import to_numpy
from labelaudit.table.table import Column


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoder_comes_back_from_a_file_without_pickle(encoding: Encoding) -> None:
    rng = np.random.default_rng(0)
    age = 1e300 * rng.normal(size=60)
    age[::7] = np.nan
    columns = (
        Column("age", "numeric", age),
        Column("flag", "boolean", rng.integers(0, 2, size=60).astype(np.float64)),
        Column("town", "categorical", rng.integers(-1, 3, size=60), ("Bonn", "Köln", "Ulm")),
        Column("note", "text", np.array([f"wörd {i % 5} and {i % 7} \x1f \ud800" for i in range(60)], dtype=object)),
    )
    encoder = fit_encoder(encoding, columns, row_hashes(columns, 60))
    file = io.BytesIO()
    np.savez(file, **pack(encoder))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        back = unpack(dict(arrays))
    assert back.names == encoder.names
    rows = np.arange(60)
    assert np.array_equal(to_numpy(back.encode(columns, rows)), to_numpy(encoder.encode(columns, rows)))

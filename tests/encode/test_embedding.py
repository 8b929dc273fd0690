from __future__ import annotations

import numpy as np
import pytest

from labelaudit.encode.content import row_hashes
from labelaudit.encode.embedding import DIMENSIONS, Embedding
from labelaudit.table.table import Column

ROWS = 300


def wide(dimensions: int) -> np.ndarray:
    """Embeddings in which three directions hold nearly all there is."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(ROWS, 3)) * [5, 3, 2]
    return hidden @ rng.normal(size=(3, dimensions)) + 0.01 * rng.normal(size=(ROWS, dimensions))


def encoded(values: np.ndarray) -> np.ndarray:
    column = Column("embedding", "embedding", values)
    return Embedding.fit(column, row_hashes([column], len(values))).encode(values)


def distances(x: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x[:, None] - x[None], axis=2)


@pytest.mark.parametrize("dimensions", [1, 7, DIMENSIONS])
def test_few_dimensions_keep_their_proportions(dimensions):
    values = wide(dimensions)
    ratio = distances(encoded(values))[0, 1:] / distances(values)[0, 1:]
    assert np.allclose(ratio, ratio[0])
    assert encoded(values).var(0).mean() == pytest.approx(1)


def test_many_dimensions_become_the_components_that_keep_most_of_the_distances():
    values = wide(150)
    x = encoded(values)
    assert x.shape == (ROWS, DIMENSIONS)
    ratio = distances(x)[0, 1:] / distances(values)[0, 1:]
    assert np.allclose(ratio, ratio[0], rtol=1e-3)
    centred = values - values.mean(0)
    shares = np.linalg.svd(centred, compute_uv=False) ** 2
    assert (x.var(0) / x.var(0).sum())[:3] == pytest.approx(shares[:3] / shares[:DIMENSIONS].sum())


@pytest.mark.parametrize("dimensions", [5, 150])
def test_shuffled_rows_and_a_power_of_two_change_nothing(dimensions):
    values = wide(dimensions)
    order = np.random.default_rng(1).permutation(ROWS)
    # a matrix product rounds a row by where it stands
    assert np.allclose(encoded(values[order]), encoded(values)[order], rtol=1e-12, atol=1e-13)
    assert np.array_equal(encoded(np.ldexp(values, 300)), encoded(values))


def test_every_float_type_gives_the_same_where_it_holds_the_numbers():
    values = np.round(wide(5)).astype(np.float16)
    first = Column("embedding", "embedding", values)
    for dtype in (np.float32, np.float64):
        other = Column("embedding", "embedding", values.astype(dtype))
        assert np.array_equal(row_hashes([first], ROWS), row_hashes([other], ROWS))
        assert np.array_equal(encoded(first.values), encoded(other.values))


def test_equal_rows_have_equal_hashes_and_others_do_not():
    values = np.repeat(wide(4), 2, axis=0)
    hashes = row_hashes([Column("embedding", "embedding", values)], 2 * ROWS)
    assert np.array_equal(hashes[::2], hashes[1::2])
    assert len(set(hashes.tolist())) == ROWS
    swapped = row_hashes([Column("embedding", "embedding", values[:, ::-1])], 2 * ROWS)
    assert not (swapped == hashes).any()


def test_constant_embeddings_are_zero():
    assert np.abs(encoded(np.full((9, 3), 0.1))).max() < 1e-12

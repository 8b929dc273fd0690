from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from labelaudit.encode import text as text_module
from labelaudit.encode.components import COMPONENTS, Components
from labelaudit.encode.content import row_hashes
from labelaudit.encode.text import SQUARED_LENGTH, Terms, TfIdf
from labelaudit.table.table import Column

WORDS = ["pump", "valve", "leak", "noise", "oil", "belt", "motor", "heat"]


def texts(rows: int = 60, seed: int = 0) -> NDArray[np.object_]:
    rng = np.random.default_rng(seed)
    return np.array([" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(rows)], dtype=object)


def column(values: NDArray[np.object_]) -> Column:
    return Column("note", "text", values)


def naive(values: NDArray[np.object_]) -> dict[tuple[int, str], float]:
    """Weights of single words, row by row, as the docstring defines them."""
    rows_with = Counter(word for text in values for word in set(text.split()))
    pairs_with = Counter(pair for text in values for pair in set(zip(text.split(), text.split()[1:], strict=False)))
    out = {}
    for i, text in enumerate(values):
        counts: Counter[object] = Counter(text.split())
        counts.update(zip(text.split(), text.split()[1:], strict=False))
        weight = {}
        for term, count in counts.items():
            with_it = rows_with[term] if isinstance(term, str) else pairs_with[term]
            if with_it >= 2:
                weight[term] = (1 + math.log(count)) * (math.log((1 + len(values)) / (1 + with_it)) + 1)
        length = math.sqrt(sum(w * w for w in weight.values()) / SQUARED_LENGTH)
        out.update({(i, term): w / length for term, w in weight.items() if isinstance(term, str)})
    return out


def test_weights_are_the_naive_ones() -> None:
    values = texts()
    fitted = Terms.fit("word", values)
    x = fitted.encode(values).toarray()
    for (row, word), weight in naive(values).items():
        assert x[row, fitted.terms.index(word)] == pytest.approx(weight, rel=1e-12)


def test_every_text_has_the_same_length_and_a_missing_one_none() -> None:
    values = np.append(texts(), ["", "never seen before"])
    x = TfIdf.fit(column(texts())).encode(values).toarray()
    squares = (x**2).sum(1)
    assert np.allclose(squares[:-2], 2 * SQUARED_LENGTH)  # words and letters
    assert squares[-2] == 0
    assert np.isfinite(x).all()


def test_the_order_of_the_texts_changes_nothing() -> None:
    values = texts()
    order = np.random.default_rng(1).permutation(len(values))
    plain, shuffled = TfIdf.fit(column(values)), TfIdf.fit(column(values[order]))
    assert plain.names == shuffled.names
    assert np.array_equal(plain.encode(values).toarray(), shuffled.encode(values).toarray())


def test_above_the_limit_terms_are_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "MOST_TERMS", 32)
    fitted = Terms.fit("char_wb", texts())
    assert fitted.hashed
    x = fitted.encode(texts())
    assert x.shape == (60, 32) == (60, len(fitted.names))
    assert np.allclose(x.multiply(x).sum(1), SQUARED_LENGTH)


def test_texts_that_share_nothing_have_no_column() -> None:
    fitted = TfIdf.fit(column(np.array(["ab", "cd", "ef"], dtype=object)))
    assert fitted.words.terms == ()
    assert fitted.encode(np.array(["ab"], dtype=object)).shape[0] == 1


def test_components_are_the_principal_directions() -> None:
    """Their inner products are those of the best approximation of so low a rank."""
    values = texts(80)
    fitted = Components.fit(column(values), row_hashes([column(values)], 80))
    x = TfIdf.fit(column(values)).encode(values).toarray()
    u, s, v = np.linalg.svd(x, full_matrices=False)
    count = fitted.directions.shape[1]
    assert count <= min(COMPONENTS, 79)
    raw = fitted.encode(values) + fitted.mean
    best = (u[:, :count] * s[:count]) @ v[:count]
    assert np.allclose(raw @ raw.T, best @ best.T, atol=1e-3)  # directions are float32


def test_components_do_not_depend_on_the_order_of_the_rows() -> None:
    values = texts(80)
    order = np.random.default_rng(2).permutation(80)
    hashes = row_hashes([column(values)], 80)
    plain, shuffled = Components.fit(column(values), hashes), Components.fit(column(values[order]), hashes[order])
    assert np.allclose(plain.encode(values), shuffled.encode(values), atol=1e-9)


def test_empty_texts_have_no_component() -> None:
    values = np.array(["", ""], dtype=object)
    assert Components.fit(column(values), row_hashes([column(values)], 2)).encode(values).shape == (2, 0)

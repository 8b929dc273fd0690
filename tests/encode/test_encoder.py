from __future__ import annotations

from time import sleep
from typing import Any, cast, get_args

import numpy as np
import pytest

from labelaudit._core import IndicatorMatrix
from labelaudit.blocks import MatrixBlock, layout_of, on_threads
from labelaudit.encode import encoder as encoder_module
from labelaudit.encode import rows as rows_module
from labelaudit.encode.content import row_hashes
from labelaudit.encode.encoder import ENCODINGS, TRIED, Encoding, Fitted, feature_columns, fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.kernels.native import Precision, to_numpy
from labelaudit.table.table import Column

ROWS = 90


def columns(seed: int = 0, rows: int = ROWS) -> list[Column]:
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 12, size=rows)
    age[::9] = np.nan
    return [
        Column("age", "numeric", age),
        Column("married", "boolean", rng.integers(0, 2, size=rows).astype(np.float64)),
        Column("town", "categorical", rng.integers(-1, 4, size=rows), ("Bonn", "Köln", "Trier", "Ulm")),
        Column("joined", "date", 1.6e9 + 1e6 * rng.integers(0, 99, size=rows)),
        Column("note", "text", np.array([f"free text {i % 7} of words" for i in range(rows)], dtype=object)),
    ]


every_encoding = pytest.mark.parametrize("encoding", ENCODINGS)


@every_encoding
def test_encoded_columns_are_named_and_end_with_the_constant(encoding: Encoding) -> None:
    features = feature_columns(columns())
    encoder = fit_encoder(encoding, features, row_hashes(features, ROWS))
    x = to_numpy(encoder.encode(features, np.arange(ROWS)))
    assert x.shape == (ROWS, len(encoder.names))
    assert len(set(encoder.names)) == len(encoder.names)
    assert encoder.names[-1] == "(constant)"
    assert (x[:, -1] == 1).all()
    assert np.isfinite(x).all()
    read = 'note: word "free"' if encoding == "terms" else "note component 1"
    assert (read in encoder.names) == (encoding not in ("kernel", "rank-kernel"))  # which hold kernel features alone


@every_encoding
def test_other_rows_of_the_same_columns_encode_whatever_they_hold(encoding: Encoding) -> None:
    """Far-off, missing and unknown values, and dates whose parts do not vary."""
    features = feature_columns(columns())
    encoder = fit_encoder(encoding, features, row_hashes(features, ROWS))
    other = feature_columns(
        [
            Column("age", "numeric", np.array([np.nan, 1e9, -1e9])),
            Column("married", "boolean", np.array([np.nan, 0.0, 1.0])),
            Column("town", "categorical", np.array([-1, -1, 3]), ("Bonn", "Köln", "Trier", "Ulm")),
            Column("joined", "date", np.array([0.0, 0.0, np.nan])),
            Column("note", "text", np.array(["", "", ""], dtype=object)),
        ]
    )
    x = to_numpy(encoder.encode(other, np.array([2, 0, 1])))
    assert x.shape == (3, len(encoder.names))
    assert np.isfinite(x).all()


@every_encoding
def test_a_column_named_like_a_part_of_a_date_is_not_taken_for_it(encoding: Encoding) -> None:
    rng = np.random.default_rng(1)
    when = Column("when", "date", 1e7 * rng.integers(0, 40, size=ROWS))
    month = Column("when month", "numeric", rng.normal(size=ROWS))
    features = feature_columns([month, when])
    alone = feature_columns([Column("x", "numeric", month.values), when])
    hashes = row_hashes(alone, ROWS)
    x = fit_encoder(encoding, features, hashes).encode(features, np.arange(ROWS))
    assert np.array_equal(x, fit_encoder(encoding, alone, hashes).encode(alone, np.arange(ROWS)))


def test_a_number_with_two_values_has_no_spline() -> None:
    features = (Column("flag", "numeric", np.tile([0.0, 1.0], 45)), Column("x", "numeric", np.arange(90.0)))
    encoder = fit_encoder("spline", features, row_hashes(features, ROWS))
    assert [c.kind for c in encoder.columns] == ["standardised", "spline"]
    assert [c.kind for c in encoder.base] == ["standardised", "standardised"]


def test_landmarks_are_different_rows_and_go_by_content() -> None:
    rng = np.random.default_rng(2)
    x = np.repeat(rng.normal(size=(40, 1)), 3)
    features = (Column("x", "numeric", x),)
    encoder = fit_encoder("kernel", features, row_hashes(features, 120))
    assert encoder.kernel is not None
    assert len(encoder.kernel.landmarks) == 40
    assert len(np.unique(encoder.kernel.landmarks[:, 0])) == 40
    order = rng.permutation(120)
    shuffled = (Column("x", "numeric", x[order]),)
    other = fit_encoder("kernel", shuffled, row_hashes(shuffled, 120))
    assert other.kernel is not None
    assert np.allclose(np.sort(other.kernel.landmarks, 0), np.sort(encoder.kernel.landmarks, 0), atol=1e-12)


@pytest.mark.parametrize("chunk_rows", [7, 1000])
def test_blocks_hold_the_encoded_rows_in_storage_order(chunk_rows: int) -> None:
    features = feature_columns(columns())
    encoder = fit_encoder("linear", features, row_hashes(features, ROWS))
    layout = layout_of(np.arange(ROWS) % 3, chunk_rows)
    blocks = encode_blocks(encoder, features, layout, threads=2)
    assert (blocks.rows, blocks.cols, blocks.threads) == (ROWS, len(encoder.names), 2)
    x = blocks.map(lambda b: b.forward(np.eye(blocks.cols)))
    assert np.array_equal(x, to_numpy(encoder.encode(features, layout.order)))


def test_every_encoding_is_tried() -> None:
    assert get_args(Encoding) == ENCODINGS


@pytest.mark.parametrize("encoding", ["linear", "spline", "kernel", "rank-kernel"])
def test_many_rows_are_fitted_on_some_and_the_extremes(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest value keeps squares finite, a single missing value gets its indicator, and order changes nothing."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    values[17], values[333] = 1e200, np.nan
    columns = (
        Column("a", "numeric", values),
        Column("b", "numeric", rng.normal(size=400)),
        Column("c", "categorical", rng.integers(0, 3, 400), ("x", "y", "z")),
    )
    monkeypatch.setattr(encoder_module, "FITTED_ROWS", 100)
    encoder = fit_encoder(encoding, columns, row_hashes(columns, 400))  # type: ignore[arg-type]
    x = encoder.encode(columns, np.arange(400))
    assert np.isfinite(x).all()
    assert any("missing" in name for e in encoder.base for name in e.names)
    shuffle = rng.permutation(400)
    shuffled = [Column(c.name, c.kind, c.values[shuffle], c.levels) for c in columns]
    other = fit_encoder(encoding, shuffled, row_hashes(shuffled, 400))  # type: ignore[arg-type]
    assert np.allclose(other.encode(shuffled, np.arange(400)), x[shuffle], rtol=0, atol=1e-6)


def towns(rows: int = ROWS) -> list[Column]:
    """Numbers between categories, of which one is the same in every row and one has missing, rare and unseen levels."""
    rng = np.random.default_rng(5)
    names = tuple(f"town {i}" for i in range(12))
    code = np.where(rng.random(rows) < 0.1, -1, np.minimum(rng.geometric(0.15, rows), 11))
    return [
        Column("same", "categorical", np.zeros(rows, dtype=np.int64), ("all",)),
        Column("town", "categorical", code, names),
        *columns(rows=rows)[:2],
        Column("other town", "categorical", rng.integers(0, 12, rows), names),
    ]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("encoding", ["linear", "spline", "spline+kernel"])
def test_packed_rows_are_the_encoded_ones(encoding: Encoding, precision: Precision) -> None:
    features = feature_columns(towns())
    encoder = fit_encoder(encoding, features, row_hashes(features, ROWS))
    rows = np.arange(ROWS)[::-2].copy()
    packed = encoder.pack(features, rows)
    assert np.array_equal(packed.to_dense(), to_numpy(encoder.encode(features, rows)))
    layout = layout_of(np.arange(ROWS) % 3)
    dense, small = (encode_blocks(encoder, features, layout, precision=precision, packed=p) for p in (False, True))
    kinds = {type(block.x) for block in cast("tuple[MatrixBlock, ...]", small.blocks)}
    assert kinds == ({IndicatorMatrix} if precision == "float64" else {np.ndarray})
    theta = np.random.default_rng(1).normal(size=(dense.cols, 1))
    assert np.array_equal(*(blocks.map(lambda block: block.forward(theta)) for blocks in (dense, small)))


def test_rows_are_packed_where_categories_are_most_columns() -> None:
    features = feature_columns(towns())
    encoders = {e: fit_encoder(e, features, row_hashes(features, ROWS)) for e in ENCODINGS}
    assert {e for e, encoder in encoders.items() if encoder.packs} == {"linear", "spline", "spline+kernel", "terms"}
    numbers = feature_columns(columns()[:2])
    assert not any(fit_encoder(e, numbers, row_hashes(numbers, ROWS)).packs for e in ENCODINGS)
    texts = feature_columns([*towns(), columns()[-1]])
    assert not fit_encoder("terms", texts, row_hashes(texts, ROWS)).packs  # they are sparse already


@pytest.mark.parametrize(("precision", "packed"), [("float64", True), ("float64", False), ("float32", False)])
def test_blocks_of_some_thousand_rows_share_an_array(precision: Precision, packed: bool) -> None:
    """Which goes to disk where large arrays do; small ones would stay in memory, all of them together."""
    features = feature_columns(towns(3000))
    encoder = fit_encoder("linear", features, row_hashes(features, 3000))
    layout = layout_of(np.arange(3000) % 5)
    found = encode_blocks(encoder, features, layout, precision=precision, packed=packed).blocks
    blocks = cast("tuple[MatrixBlock, ...]", found)
    numbers = [block.x.numbers if packed else block.x for block in blocks]
    assert len({id(x.base) for x in numbers}) == 1
    assert numbers[0].base.nbytes == sum(x.nbytes for x in numbers)
    for block, x in zip(blocks, numbers, strict=True):
        assert x.dtype == precision
        expected = to_numpy(encoder.encode(features, layout.order[block.start : block.stop])).astype(precision)
        assert np.array_equal(to_numpy(block.x).astype(precision), expected)


def test_blocks_share_arrays_of_a_chunk_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "CHUNK_ROWS", 25)
    features = feature_columns(columns())
    encoder = fit_encoder("linear", features, row_hashes(features, ROWS))
    blocks = encode_blocks(encoder, features, layout_of(np.arange(ROWS) % 3, 30)).blocks
    sizes = {id(b.x.base): len(b.x.base) for b in cast("tuple[MatrixBlock, ...]", blocks)}
    assert sum(sizes.values()) == ROWS
    assert max(sizes.values()) <= 25
    assert len(sizes) < len(blocks)


def test_threads_fit_a_column_once(monkeypatch: pytest.MonkeyPatch) -> None:
    features, calls = feature_columns(columns()), []
    hashes, fit = row_hashes(features, ROWS), encoder_module.Components.fit

    def slow(*arguments: Any) -> Any:
        calls.append(arguments)
        sleep(0.2)
        return fit(*arguments)

    monkeypatch.setattr(encoder_module.Components, "fit", slow)
    fitted: Fitted = {}
    made = list(on_threads(lambda name: fit_encoder(name, features, hashes, fitted), TRIED, 4))
    assert len(calls) == 1
    assert len({id(encoder.base[-1]) for encoder in made}) == 1

    def refused(*arguments: Any) -> Any:
        raise ValueError("no words")

    monkeypatch.setattr(encoder_module.Components, "fit", refused)
    fitted = {}
    for _ in range(2):  # whoever asks again is told again
        with pytest.raises(ValueError, match="no words"):
            list(on_threads(lambda name: fit_encoder(name, features, hashes, fitted), TRIED, 4))

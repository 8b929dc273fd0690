from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from labelaudit.encode.kernel import KernelMap

Array = NDArray[np.float64]


def gaussian(a: Array, b: Array) -> Array:
    out = np.zeros((len(a), len(b)))
    for i in range(len(a)):
        for j in range(len(b)):
            out[i, j] = np.exp(-((a[i] - b[j]) ** 2).sum() / (2 * a.shape[1]))
    return out


def test_features_are_standardised() -> None:
    x = np.random.default_rng(0).normal(3.0, 5.0, size=(80, 4))
    features = KernelMap.gaussian(x, np.arange(0, 80, 4)).encode(x)
    assert features.shape == (80, 20)
    assert np.abs(features.mean(0)).max() < 1e-9
    assert np.allclose(features.std(0), 1)


def test_inner_products_of_the_features_are_the_kernel_on_the_landmarks() -> None:
    """Nystroem's map is exact there, before it is standardised."""
    x = np.random.default_rng(1).normal(size=(40, 5))
    landmarks = np.arange(0, 40, 4)
    fitted = KernelMap.gaussian(x, landmarks)
    raw = fitted.encode(x) * fitted.feature_scale + fitted.feature_mean
    z = (x - x.mean(0)) / x.std(0)
    assert np.allclose(raw[landmarks] @ raw[landmarks].T, gaussian(z[landmarks], z[landmarks]), atol=1e-6)
    exact = gaussian(z, z[landmarks]) @ np.linalg.inv(gaussian(z[landmarks], z[landmarks])) @ gaussian(z[landmarks], z)
    assert np.allclose(raw @ raw.T, exact, atol=1e-6)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_the_order_of_the_rows_hardly_moves_the_features(columns: int) -> None:
    """With few columns the landmarks' kernel matrix is singular but for rounding, which must not be amplified."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, columns))
    landmarks, order = np.arange(100), rng.permutation(300)
    features = KernelMap.gaussian(x, landmarks).encode(x)
    place = np.empty(300, dtype=np.int64)
    place[order] = np.arange(300)
    shuffled = KernelMap.gaussian(x[order], place[landmarks]).encode(x[order])
    assert np.allclose(shuffled, features[order], rtol=0, atol=1e-7)


def test_constant_columns_and_none_at_all_are_finite() -> None:
    for x in (np.ones((9, 2)), np.empty((9, 0))):
        assert np.isfinite(KernelMap.gaussian(x, np.array([0, 4])).encode(x)).all()


def test_far_away_rows_are_finite() -> None:
    x = np.random.default_rng(3).normal(size=(30, 2))
    assert np.isfinite(KernelMap.gaussian(x, np.arange(10)).encode(1e6 * x)).all()


def test_the_laplacian_kernel_is_of_ranks_and_categories() -> None:
    """Its inner products on the landmarks are exp(-|a - b|_1 / sqrt(columns)), in units of the scale."""
    rng = np.random.default_rng(4)
    x = np.hstack([rng.uniform(size=(60, 2)), np.eye(3)[rng.integers(0, 3, 60)]])
    scale = np.array([1.0, 1.0, 4.0, 4.0, 4.0])
    landmarks = np.arange(0, 60, 3)
    fitted = KernelMap.laplace(x, landmarks, scale, 3)
    raw = (fitted.encode(x) * fitted.feature_scale + fitted.feature_mean)[landmarks]
    z = (x / scale)[landmarks]
    distances = np.array([[np.abs(a - b).sum() for b in z] for a in z])
    assert np.allclose(raw @ raw.T, np.exp(-distances / 3**0.5), atol=1e-6)

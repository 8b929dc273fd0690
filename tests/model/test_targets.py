from __future__ import annotations

import numpy as np
import pytest

from labelaudit.kernels import native
from labelaudit.model.targets import HardTargets, SoftTargets, class_probabilities, outputs_for


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_hard_targets_are_the_soft_targets_of_one_hot_rows(classes: int) -> None:
    codes = np.random.default_rng(classes).integers(0, classes, size=20)
    soft = SoftTargets(np.eye(classes)[codes])
    for start, stop in ((0, 20), (3, 11), (5, 5)):
        hard = HardTargets(codes, classes)(start, stop)
        assert hard.shape == (stop - start, outputs_for(classes))
        assert np.array_equal(hard, soft(start, stop))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_targets_are_fit_for_the_kernels(classes: int) -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(classes), size=9)
    for targets in (SoftTargets(p), HardTargets(p.argmax(1), classes)):
        t = targets(2, 7)
        native.residual(np.zeros_like(t), t, np.ones(5))  # refuses anything but contiguous float64


def test_two_classes_have_one_logit_and_two_probabilities() -> None:
    assert [outputs_for(k) for k in (2, 3, 4)] == [1, 3, 4]
    assert np.array_equal(class_probabilities(np.array([[0.25], [1.0]])), [[0.75, 0.25], [0.0, 1.0]])
    three = np.array([[0.2, 0.3, 0.5]])
    assert class_probabilities(three) is three

from __future__ import annotations

import numpy as np
import torch

import oracle
from labelaudit.model.logistic import LogisticModel
from problems import problem


def test_the_module_gives_logits_in_float64() -> None:
    p = problem(9, 4, 3)
    theta = p.theta()
    model = LogisticModel.of(theta)
    assert oracle.error(model(torch.tensor(p.x)).detach().numpy(), oracle.forward(p.x, theta)) <= 1e-12
    assert model(torch.tensor(p.x, dtype=torch.float32)).dtype == torch.float64
    assert np.array_equal(model.coefficients, theta)


def test_the_module_holds_its_own_copy() -> None:
    theta = problem(9, 4, 3).theta()
    model = LogisticModel.of(theta)
    with torch.no_grad():
        model.theta += 1
    assert not np.array_equal(model.coefficients, theta)


def test_the_kernels_gradient_is_set_as_the_modules() -> None:
    p = problem(9, 4, 3)
    model = LogisticModel.of(p.theta())
    loss = model.set_gradient(p.objective((2, 5)))
    expected_loss, expected = p.objective().loss_and_gradient(p.theta())
    assert abs(loss - expected_loss) <= 1e-13
    assert model.theta.grad is not None
    assert oracle.error(model.theta.grad.numpy(), expected) <= 1e-13

"""Linear systems with the Hessian, solved by conjugate gradient without forming it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labelaudit._core import CsrMatrix
from labelaudit.blocks import Block
from labelaudit.kernels import native
from labelaudit.kernels.solve import CG_TOLERANCE, CgSolution, conjugate_gradient, conjugate_gradients
from labelaudit.model.objective import Indices, Objective
from labelaudit.model.targets import MANY_CLASSES

Array = NDArray[np.float64]

WIDEST = 1000  # encoded columns up to which their Gram matrix is factored
FEWEST_OUTPUTS = 3  # with one logit the product below would be the Hessian itself
SMALLEST = 1e-8  # of the preconditioner's largest eigenvalue


def solve_hessian(
    objective: Objective, theta: Array, rhs: Array, *, tolerance: float = CG_TOLERANCE, max_steps: int | None = None
) -> CgSolution:
    """H x = b for every row b of rhs (systems, parameters), H the Hessian at theta, by preconditioned CG.

    The preconditioner is Jacobi's, or where there are several classes and not too many dense columns a Kronecker
    product. `tolerance` bounds the residual's norm over that of b, both as the preconditioner measures them.
    """
    apply, diagonal = objective.operator(theta)
    if not has_product(objective):
        return conjugate_gradient(apply, rhs, diagonal, tolerance=tolerance, max_steps=max_steps)
    product = KroneckerProduct.of(objective, theta)
    found = conjugate_gradient(
        lambda v: product.whiten(apply(product.unwhiten(v))),
        product.whiten(rhs),
        np.ones(rhs.shape[1]),
        tolerance=tolerance,
        max_steps=10 * rhs.shape[1] if max_steps is None else max_steps,
    )
    return replace(found, x=product.unwhiten(found.x))


def solve_without(
    objective: Objective, theta: Array, folds: Sequence[int], rhs: Array, *, tolerance: float = CG_TOLERANCE
) -> CgSolution:
    """H x = b for each of these folds and row b of rhs (folds, parameters), H the Hessian without the fold's rows.

    One pass over all rows is a step of every system. As `solve_hessian`; there must be a product, see `has_product`.
    """
    products = [KroneckerProduct.of(objective.without_fold(fold), theta) for fold in folds]
    apply, every = objective.operator_without(folds, theta), np.arange(len(folds))

    def whiten(v: Array, which: Indices) -> Array:
        return np.stack([products[system].whiten(one[None])[0] for one, system in zip(v, which, strict=True)])

    def unwhiten(v: Array, which: Indices) -> Array:
        return np.stack([products[system].unwhiten(one[None])[0] for one, system in zip(v, which, strict=True)])

    found = conjugate_gradients(
        lambda v, which: whiten(apply(unwhiten(v, which), which), which),
        whiten(rhs, every),
        np.ones(rhs.shape[1]),
        tolerance=tolerance,
    )
    return replace(found, x=unwhiten(found.x, every))


def has_product(objective: Objective) -> bool:
    """Whether a Kronecker product serves: several classes, and not too many columns, dense unless classes are many."""
    if objective.outputs < FEWEST_OUTPUTS or objective.blocks.cols > WIDEST:
        return False
    if objective.outputs > MANY_CLASSES:
        return True
    return not any(isinstance(getattr(block, "x", None), CsrMatrix) for block in objective.blocks.blocks)


def _penalised(gram: Array, ridge: Array, of_classes: Array, classes: Array) -> tuple[Array, Array]:
    """What makes C = gram and the ridge diagonal together, as columns, and the product's eigenvalues (outputs, cols).

    So unpenalised columns have no penalty, and the gauge stands where it acts: one intercept for each of many classes
    would take as many steps otherwise, a penalty for each being as large as the curvature of a rare one.
    """
    from scipy.linalg import eigh

    whole = gram + np.diag(ridge)
    whole += SMALLEST * np.diagonal(whole).max() * np.eye(len(whole))
    share, columns = eigh(gram, whole)
    share = np.clip(share, 0.0, 1.0)
    gauge = (columns[ridge == 0] ** 2).sum(0)
    return columns, np.outer(of_classes, share) + (1 - share) + np.outer(classes.sum(0) ** 2, gauge)


@dataclass(frozen=True)
class KroneckerProduct:
    """W (x) C + l2: W the mean of diag(p) - p p^T, C the mean of x x^T weighted by 1 - |p|^2, by their eigenvectors.

    It is the Hessian where the rows' curvatures do not depend on x. One pass and two small eigenproblems; with 100
    classes it takes a third of the steps of Jacobi's. Source: Martens and Grosse 2015, for one layer.
    """

    classes: Array  # eigenvectors of W, (outputs, outputs)
    columns: Array  # of C, (cols, cols)
    scale: Array  # 1 / square roots of the product's eigenvalues, (outputs, cols)

    @classmethod
    def of(cls, objective: Objective, theta: Array) -> KroneckerProduct:
        """At theta (cols, outputs)."""

        def part(block: Block) -> tuple[Array, ...]:
            p = native.probabilities(block.forward(theta))
            w = objective.weights[block.start : block.stop]
            each = w * (1 - np.einsum("ij,ij->i", p, p))
            return block.gram(each[:, None])[0], np.diag(w @ p) - p.T @ (w[:, None] * p), np.array(each.sum())

        gram, curvature, total = objective.blocks.sum(part, keep=objective.keep)
        gram = (gram + np.triu(gram, 1).T) / max(float(total), np.finfo(np.float64).tiny)
        of_classes, classes = np.linalg.eigh(curvature / objective.rows)
        if objective.outputs > MANY_CLASSES:
            columns, values = _penalised(gram, objective.ridge, np.maximum(of_classes, 0.0), classes)
        else:
            of_columns, columns = np.linalg.eigh(gram)
            values = np.maximum(of_classes, 0.0)[:, None] * np.maximum(of_columns, 0.0) + objective.ridge.max()
        return cls(classes, columns, 1 / np.sqrt(np.maximum(values, SMALLEST * values.max())))

    def row_forms(self, block: Block, r: Array, p: Array) -> Array:
        """r_i^T Q_i r_i and trace(S_i Q_i) of a block's rows, (rows, 2), with the product in place of the Hessian.

        r and p (rows, outputs); see curvature.Curvature.
        """
        each = block.forward(np.ascontiguousarray(self.columns)) ** 2 @ (self.scale**2).T
        along = ((r @ self.classes) ** 2 * each).sum(1)
        trace = ((p @ self.classes**2 - (p @ self.classes) ** 2) * each).sum(1)
        return np.stack([along, trace], 1)

    def whiten(self, v: Array) -> Array:
        """The product to the power -1/2, up to a rotation, transposed, times vectors (m, parameters)."""
        turned = self.classes.T @ self._matrices(v) @ self.columns
        return np.ascontiguousarray(turned * self.scale).reshape(v.shape)

    def unwhiten(self, v: Array) -> Array:
        """The product to the power -1/2, up to a rotation, times vectors (m, parameters)."""
        turned = self.classes @ (self._matrices(v) * self.scale) @ self.columns.T
        return np.ascontiguousarray(turned).reshape(v.shape)

    def _matrices(self, v: Array) -> Array:
        return v.reshape(len(v), *self.scale.shape)

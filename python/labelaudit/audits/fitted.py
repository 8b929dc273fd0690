"""The fitted model of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.encoder import Encoder

if TYPE_CHECKING:
    from labelaudit.model.logistic import LogisticModel


@dataclass(frozen=True)
class FittedModel:
    """The model of the audit: encoder, coefficients theta (encoded columns, outputs) and class names."""

    encoder: Encoder
    theta: NDArray[np.float64]
    classes: tuple[str, ...]

    def module(self) -> LogisticModel:
        """The model as a torch module on logits of encoded rows."""
        from labelaudit.model.logistic import LogisticModel

        return LogisticModel.of(self.theta)

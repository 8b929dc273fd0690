"""What labelaudit is measured beside: 1 - self-confidence of five-fold scikit-learn models with default settings.

This is what cleanlab ranks by unless told otherwise; cleanlab itself is used where it is installed (`cleanlab.py`).
Missing numbers are the median for the linear model and far below the others for the trees.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.benchmark.detection.data import Data, categories, numbers

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

PEERS = ("logistic", "boosting", "forest")
FOLDS = 5
MISSING = -999.0  # of numbers, for the trees
RAREST = 5  # rows of a category with a column of its own
TEXT_COMPONENTS = 100
TREES = 200


@dataclass(frozen=True)
class Peers:
    """The peers' features of one table, made once for all labels that are planted in it."""

    data: Data
    threads: int = 1

    @cached_property
    def wide(self) -> Any:
        """For the linear model: standardised numbers, indicators, TF-IDF of text, as sparse rows."""
        from scipy.sparse import csr_matrix, hstack

        with _quiet():
            parts = [csr_matrix(self._columns()), *(_terms(self.data.features[name]) for name in self.data.text)]
            return hstack(parts).tocsr()

    @cached_property
    def flat(self) -> Array:
        """For the trees: numbers and category codes; with text, the principal directions of `wide` instead."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.preprocessing import OrdinalEncoder

        if self.data.text:
            wanted = min(TEXT_COMPONENTS, self.wide.shape[1] - 1)
            directions: Array = TruncatedSVD(wanted, random_state=0).fit_transform(self.wide)
            return directions
        x, names = self.data.features, numbers(self.data.features, ())
        codes = [OrdinalEncoder().fit_transform(x[words])] if (words := categories(x, ())) else []
        return np.hstack([x[names].fillna(MISSING).to_numpy(dtype=float), *codes])

    def out_of_fold(self, peer: str, codes: Codes) -> Array:
        """Probabilities (rows, classes) of one of PEERS, each row's by a model that has not seen the row."""
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
        from sklearn.linear_model import LogisticRegression

        if peer == "logistic":
            return _cross_validated(LogisticRegression(max_iter=500), self.wide, codes)
        if peer == "boosting":
            return _cross_validated(HistGradientBoostingClassifier(random_state=0), self.flat, codes)
        forest = RandomForestClassifier(TREES, random_state=0, n_jobs=self.threads)
        return _cross_validated(forest, self.flat, codes)

    @cached_property
    def ambiguity(self) -> Array:
        """Probabilities (rows, classes) of a forest on the clean labels: where errors that depend on the row fall."""
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(TREES, min_samples_leaf=3, random_state=1, n_jobs=self.threads)
        return _cross_validated(forest, self.flat, self.data.codes)

    def _columns(self) -> Any:
        from sklearn.compose import make_column_transformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        x, text = self.data.features, self.data.text
        scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        indicators = OneHotEncoder(min_frequency=RAREST, handle_unknown="infrequent_if_exist")
        parts = [(scaled, numbers(x, text)), (indicators, categories(x, text))]
        parts = [(step, names) for step, names in parts if names]
        return make_column_transformer(*parts).fit_transform(x) if parts else np.empty((len(x), 0))


def self_confidence(probabilities: Array, codes: Codes) -> Array:
    """The probability of the given label, (rows,)."""
    out: Array = probabilities[np.arange(len(codes)), codes]
    return out


def _terms(cells: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(cells.fillna("").astype(str))


def _cross_validated(model: Any, x: Any, codes: Codes) -> Array:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    with _quiet():
        out: Array = cross_val_predict(model, x, codes, cv=folds, method="predict_proba")
    return out


@contextmanager
def _quiet() -> Iterator[None]:
    """Peers run as they are: that a default setting did not converge is theirs, and not said run by run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

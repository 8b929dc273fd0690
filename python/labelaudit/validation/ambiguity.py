"""How hard each row is for another method than the audited one: where planted errors of instances gather."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.choose import Rows
from labelaudit.encode.content import FOLDS, sample
from labelaudit.encode.encoder import fit_encoder
from labelaudit.threads import importing

Array = NDArray[np.float64]

TREES, SMALLEST_LEAF, SEED = 200, 3, 1
FITTED_ROWS = 10_000  # of a fold's others, drawn by content: more hardly change what is hard, and take long


def ambiguity(rows: Rows, *, threads: int = 1) -> Array:
    """Class probabilities of a random forest that has not seen the row or its duplicates, (rows, classes).

    Five folds by content, classes spread evenly. A class that a fold's forest has not seen has probability 0 there.
    """
    with importing:
        from sklearn.ensemble import RandomForestClassifier

    encoder = fit_encoder("linear", rows.columns, rows.hashes, rows.fitted)
    x = np.asarray(encoder.encode(rows.columns, np.arange(len(rows.given))), dtype=np.float32)
    out = np.zeros((len(rows.given), rows.classes))
    for fold in range(FOLDS):
        there, others = np.flatnonzero(rows.fold == fold), np.flatnonzero(rows.fold != fold)
        if len(there) and len(others):
            drawn = others[sample(rows.hashes[others], FITTED_ROWS)]
            forest = RandomForestClassifier(TREES, min_samples_leaf=SMALLEST_LEAF, random_state=SEED, n_jobs=threads)
            forest.fit(x[drawn], rows.given[drawn])
            forest.set_params(n_jobs=1)  # threads would add the trees' votes in an order of chance
            out[np.ix_(there, forest.classes_)] = forest.predict_proba(x[there])
    return out

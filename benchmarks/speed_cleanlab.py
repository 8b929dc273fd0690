"""The peer: cleanlab with 5-fold logistic regression, from the file to its ranking of all rows.

python benchmarks/speed_cleanlab.py FILE.csv LABEL SCORES.npy
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main(path: str, label: str, out: str) -> None:
    frame = pd.read_csv(path)
    words = frame.pop(label)
    codes = pd.factorize(words, sort=True)[0]
    numeric = frame.select_dtypes("number").columns
    encode = make_column_transformer((StandardScaler(), numeric), (OneHotEncoder(), frame.columns.difference(numeric)))
    p = cross_val_predict(make_pipeline(encode, LogisticRegression()), frame, codes, cv=5, method="predict_proba")
    find_label_issues(codes, p)
    np.save(out, get_label_quality_scores(codes, p))


if __name__ == "__main__":
    main(*sys.argv[1:])

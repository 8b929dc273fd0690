"""The demo: scikit-learn's breast-cancer table with 5 % of its labels flipped, audited by the installed command.

python benchmarks/demo.py FOLDER writes breast_cancer.csv, truth.csv and the audit's report there.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer

SHARE, SEED = 0.05, 0


def write_data(folder: Path) -> tuple[Path, Path]:
    """The CSV file with flipped labels, and the truth beside it."""
    bunch = load_breast_cancer()
    truth = bunch.target_names[bunch.target]
    wrong = np.random.default_rng(SEED).choice(len(truth), round(SHARE * len(truth)), replace=False)
    given = truth.copy()
    given[wrong] = np.where(truth[wrong] == "benign", "malignant", "benign")
    folder.mkdir(exist_ok=True)
    data, answers = folder / "breast_cancer.csv", folder / "truth.csv"
    pd.DataFrame(bunch.data, columns=bunch.feature_names).assign(diagnosis=given).to_csv(data, index=False)
    rows = np.arange(1, len(truth) + 1)
    pd.DataFrame({"row": rows, "true_label": truth, "given_label": given}).to_csv(answers, index=False)
    return data, answers


def found(folder: Path, answers: Path) -> str:
    """How many planted errors stand among the first k and 2k rows, k of them planted."""
    truth = pd.read_csv(answers)
    wrong = set(truth.row[truth.true_label != truth.given_label])
    ranking = pd.read_csv(folder / "report" / "ranking.csv")
    k = len(wrong)
    first, second = (len(wrong & set(ranking.row.head(n))) for n in (k, 2 * k))
    flagged = set(ranking.row[ranking.is_label_issue])
    return (
        f"{k} labels were flipped: {first} of them stand among the first {k} rows, {second} among the first {2 * k} "
        f"({second / k:.0%}).\n{len(flagged)} rows are flagged, {len(flagged & wrong)} of them rightly."
    )


def main() -> None:
    folder = Path(sys.argv[1])
    data, answers = write_data(folder)
    command = Path(sys.executable).with_name("labelaudit")
    subprocess.run(
        [command, "audit", data, "--label", "diagnosis", "--out", folder / "report", "--top", "10"], check=True
    )
    print("\n" + found(folder, answers))


if __name__ == "__main__":
    main()

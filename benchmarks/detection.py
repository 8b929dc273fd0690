"""Detection on a folder of labelled tables, planted and real errors, beside other tools.

    python benchmarks/detection.py ../shared/data [--seeds 3] [--only NAME] [--out DIR]

The same as `labelaudit benchmark --data FOLDER`, whose help has every option.
"""

import sys

from labelaudit.cli import main

if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(["benchmark", "--data", *sys.argv[1:]])

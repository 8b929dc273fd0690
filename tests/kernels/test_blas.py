"""One thread for dense algebra, in libraries that are loaded late as well."""

import subprocess
import sys

# in a new process, where SciPy has not been loaded yet
LATE = """
import sys
from threadpoolctl import threadpool_info
from labelaudit.kernels.blas import one_thread

assert "scipy.linalg" not in sys.modules
with one_thread():
    import scipy.interpolate, scipy.linalg, scipy.optimize, scipy.sparse.linalg, scipy.spatial
    print(*sorted({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}))
    print(len(threadpool_info()))
"""


def test_libraries_that_are_used_first_inside_heed_it_too():
    out = subprocess.run([sys.executable, "-c", LATE], capture_output=True, check=True, text=True).stdout.split()
    assert out[0] == "1"
    assert int(out[1]) >= 1

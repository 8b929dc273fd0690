#!/usr/bin/env bash
# The extension under a sanitizer, and tests on it.
# Usage: benchmarks/sanitize.sh PYTHON address,undefined|thread [pytest arguments]
set -euo pipefail
python=$(realpath -s "$(command -v "$1")") sanitizers=$2
cd "$(dirname "$0")/.."
shift 2
mkdir -p build
build=build/sanitize-${sanitizers%%,*}
includes=$("$python" -c 'import pybind11; print(pybind11.get_cmake_dir())')

cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DLABELAUDIT_SANITIZE="$sanitizers" \
  -DPython_EXECUTABLE="$python" -Dpybind11_DIR="$includes" >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build" -j "$(nproc)" >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
rm -rf "$build/python" && mkdir -p "$build/python"
cp -r python/labelaudit "$build/python/" && rm -f "$build"/python/labelaudit/_core*.so
cp "$build"/_core*.so "$build/python/labelaudit/"

case $sanitizers in
  thread) library=libtsan.so ;;
  *) library=libasan.so ;;
esac
# Python keeps memory at its end: leaks are not looked for. A thread's race counts only where the extension takes part.
export PYTHONPATH=$PWD/$build/python PYTHONMALLOC=malloc SANITIZED_EXTENSION=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:strict_init_order=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1
LD_PRELOAD="$(g++ -print-file-name=$library) $(g++ -print-file-name=libstdc++.so.6)" "$python" -m pytest -q -p no:cacheprovider "$@"

PYTHON ?= python3
BIN := .venv/bin
# what the installed package is made from: a change of any of them installs it again
SOURCES := pyproject.toml constraints.txt CMakeLists.txt $(shell find csrc python -name '*.[ch]pp' -o -name '*.py*' -not -name '*.pyc' -o -path '*/report/templates/*' -o -path '*/report/vendor/*' -o -path '*/static/*')

.PHONY: demo test explore lint format benchmark instructions sanitize sanitize-quick fuzz clean

demo: .venv/.installed
	$(BIN)/python benchmarks/demo.py demo

test: .venv/.installed-test
	$(BIN)/python -m pytest -n auto --dist worksteal

# the properties on examples that no run has seen
explore: .venv/.installed-test
	$(BIN)/python -m pytest --hypothesis-profile anew -m hypothesis

lint: .venv/.installed-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror csrc/*.cpp csrc/*.hpp benchmarks/*.cpp benchmarks/fuzz/*.cpp
	$(BIN)/python -m pytest -q tests/test_layers.py

format: .venv/.installed-lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i csrc/*.cpp csrc/*.hpp benchmarks/*.cpp benchmarks/fuzz/*.cpp

SCANNED := tests/table/test_csv_scan.py tests/table/test_text_notes.py tests/kernels/test_csv_cells.py

# the extension under ASan and UBSan with all tests, and under TSan with those of blocks on several threads and of the
# memory they share
sanitize: .venv/.installed-sanitize
	benchmarks/sanitize.sh $(BIN)/python address,undefined -n auto --dist worksteal tests
	benchmarks/sanitize.sh $(BIN)/python thread tests/test_blocks.py tests/test_storage.py

# the part of it that continuous integration runs
sanitize-quick: .venv/.installed-sanitize
	benchmarks/sanitize.sh $(BIN)/python address,undefined tests/kernels/test_gates.py tests/kernels/test_reader_gates.py $(SCANNED)

# the scanner and its notes under AFL++ for an hour (apt-get install afl++)
fuzz:
	benchmarks/fuzz/run.sh 3600

# the kernels' instructions under valgrind's callgrind, against benchmarks/instructions.json
instructions: .venv/.installed-sanitize
	$(BIN)/python benchmarks/instructions.py

benchmark: .venv/.installed-test
	$(BIN)/labelaudit benchmark --out build/benchmark

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt .
	touch $@

.venv/.installed-test: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[test]'
	touch $@

.venv/.installed-lint: .venv/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[test,lint]'
	touch $@

.venv/.installed-sanitize: .venv/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pybind11
	touch $@

clean:
	rm -rf .venv build dist demo

# `make demo` shows desk at work on sample mail; `make test` runs every check. Both set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test check types floors tests docs bench sweep clones histories clean

demo: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh demo/run.sh

test: check types floors tests

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy -p helpdesk_cli

floors: $(READY)
	$(BIN)/lint-imports

tests: $(READY)
	# A file of tests stays with one worker, in its order: what they share is made once.
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# What is written by programs: docs/commands from the commands' own help (`desk man DIR` writes the man pages),
# the scores of docs/CORPUS.md, the list of modules in docs/ARCHITECTURE.md.
docs: $(READY)
	$(BIN)/desk man --quiet --markdown docs/commands
	$(BIN)/python tests/corpus/table.py > docs/CORPUS.md
	$(BIN)/python tests/architecture/modules.py

# Beside other programs of the kind; installs them (Debian) and takes some minutes. See docs/BENCHMARKS.md.
bench: $(READY)
	$(BIN)/python benchmarks/run.py $(BENCH)

# Every state-changing system call killed and failed once (strace, Linux). See docs/SWEEPS.md.
sweep: $(READY)
	PYTHONPATH=tests $(BIN)/python -m faults.everything
	KILLS=all $(BIN)/pytest -q -n 2 tests/faults/test_outbox_kills.py tests/faults/test_cron_kills.py \
	  tests/faults/test_sla_kills.py tests/fetch/test_fetch_kills.py tests/clones/test_heal_kills.py

# 5,000 random days of three clones with real git, and as many in memory. See docs/clones.md.
clones: $(READY)
	DAYS=5000 $(BIN)/pytest -q tests/tickets/test_merge_laws.py -k 'in_any_order or associative'
	PYTHONPATH=tests $(BIN)/python -m clones.days --count 5000

# 1,000 random histories of commands against a simple model of what the desk should hold: docs/RELIABILITY.md.
histories: $(READY)
	PYTHONPATH=tests $(BIN)/python -m model.everything 0 40

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "desk needs Python 3.11 or later: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv does not work here. On Debian: apt install python3-venv" >&2; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

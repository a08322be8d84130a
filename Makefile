# `make run` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run test test-full lint feeds key bench docs lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/installed .env  ## read what is new in the configured sources, tag it, open follow-ups
	@$(BIN)/ressenti db upgrade --quiet
	@$(BIN)/ressenti run || test $$? -eq 3  # 3: done, some records wait in quarantine; the summary says so

feeds: .venv/installed .env  ## the nine real feeds of ../shared into the configured database
	@$(BIN)/ressenti db upgrade --quiet
	@RESSENTI_SOURCES_DIR=configs/feeds $(BIN)/ressenti run || test $$? -eq 3

test: .venv/tested  ## every test, PostgreSQL and Prefect server included
	$(BIN)/python -m pytest

test-full: .venv/tested  ## the same in full size: load and kill sweeps, Superset over every view
	$(BIN)/python -m pytest -m "full or not full"

lint: .venv/tested  ## style, annotations, docstrings, complexity, strict types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/tested  ## figures, ours beside a peer's; those kept stand in benchmarks/results.md
	$(BIN)/python -m benchmarks

docs: .venv/tested  ## fill in what the code knows better: commands, settings, tables
	$(BIN)/python -m docs.make

key: .env  ## a random key in .env, once

lock: .venv/tested  ## pin what is installed now
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//' > constraints.txt

clean:  ## forget the environment; keeps the database and the key
	rm -rf .venv .venv-superset

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ressenti needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (once, about a minute)…"
	@$(PIP) --editable .
	@touch $@

.venv/tested: .venv/installed
	@echo "Installing what tests need (once)…"
	@$(PIP) --editable '.[train,test]'
	@touch $@

.env:
	@umask 077 && printf 'RESSENTI_KEY=%s\n' \
	  "$$($(PYTHON) -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())')" > $@
	@echo "Wrote a new random key to .env: keep a copy in a safe place, quarantine can't be opened without it."

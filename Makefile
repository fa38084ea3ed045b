# Everything a developer does, as `make TARGET`. Nothing is installed outside .venv, except that
# `make test` may add Debian's chromium, and what .ci/programs names, when it runs as root and lacks
# them.

PYTHON ?= $(shell command -v python3.11 || command -v python3)

VENV := .venv
BIN := $(VENV)/bin
# A virtual environment made without ensurepip has no pip of its own: then the system's works in it.
PIP = $(shell if $(BIN)/python -m pip --version >/dev/null 2>&1; then echo $(BIN)/python -m pip; \
	else echo $(PYTHON) -m pip --python $(BIN)/python; fi)
INSTALL = $(PIP) install --quiet --disable-pip-version-check
PYTEST = $(BIN)/python -m pytest -q -n 2 --dist worksteal
# Lock files come from the public index, whatever this machine's pip is told to use besides.
COMPILE = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes \
	--strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# What is compiled is kept, in __pycache__: to compile it anew takes each worker of the tests, and each
# program that they start, longer than all the rest of its start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test costs image-check setup-check volume-check quick fuzz check format bench \
	screenshots docs example map texts lock release-check clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## Serve on port 8000 with the data in instance/
	MALLARD_DATA_DIR="$${MALLARD_DATA_DIR:-instance}" MALLARD_PORT="$${MALLARD_PORT:-8000}" \
		$(BIN)/mallard serve

demo: $(VENV)/.runtime ## Serve invented data from instance/demo, made on the first run
	@test -d instance/demo || { rm -rf instance/.demo \
		&& $(BIN)/mallard demo --data-dir instance/.demo && mv instance/.demo instance/demo; }
	MALLARD_DATA_DIR=instance/demo MALLARD_PORT="$${MALLARD_PORT:-8000}" $(BIN)/mallard serve

test: $(VENV)/.npm $(VENV)/.docs ## Run every test; installs what they need, a browser too
	@.ci/browser
	@.ci/programs
	@echo "Not among the tests, since they need root and more: make image-check, setup-check, volume-check"
	@PLAYWRIGHT_BROWSERS_PATH=$(CURDIR)/$(VENV)/browsers $(PYTEST)

costs: $(VENV)/.npm $(VENV)/.docs ## Run every test and list the processor time of each file
	@PLAYWRIGHT_BROWSERS_PATH=$(CURDIR)/$(VENV)/browsers $(PYTEST) -p tests.costs

image-check: ## Build the image without Docker and run what is in it; needs root
	.ci/image-check

setup-check: ## Run the steps of setup.sh on a bare Debian; needs root
	.ci/setup-check

volume-check: ## Run the steps of the encrypted volume for real; needs root and loop devices
	.ci/volume-check

quick: $(VENV)/.dev ## Run the tests that are quick: no whole server, no browser, no long trials
	@$(PYTEST) -m "not fuzz and not thorough" \
		$(addprefix --ignore tests/,end_to_end browser fuzz documentation deploy upgrades)

fuzz: $(VENV)/.dev ## Try at full length what `make test` tries a little of: random events and requests
	FUZZ=whole $(PYTEST) -m "fuzz or hypothesis"

check: $(VENV)/.dev ## Lint, check the format, the types, and for weak spots
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive mallard

format: $(VENV)/.dev ## Format the code and sort its imports
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.peers ## Run the benchmarks
	$(BIN)/python -m benches

screenshots: $(VENV)/.dev ## Picture the pages anew, into docs/screenshots
	@.ci/browser
	@PLAYWRIGHT_BROWSERS_PATH=$(CURDIR)/$(VENV)/browsers $(BIN)/python -m screenshots

docs: $(VENV)/.docs ## Build the documentation into site/; a warning or a dead link is an error
	@PYTHONPATH=.:$(VENV)/docs NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build --strict
	@$(BIN)/python -m documentation.blocks

example: $(VENV)/.runtime ## Write mallard.toml.example from the declared settings
	$(BIN)/python -m mallard.config.example > mallard.toml.example

map: $(VENV)/.dev ## Draw the imports between rooms into docs/map.md
	$(BIN)/python -m tests.imports > docs/map.md

texts: $(VENV)/.dev ## Bring the catalogues of texts in step with the code; says what is to be translated
	@$(BIN)/python -m translating

lock: $(VENV)/.dev ## Pin every dependency anew, with hashes
	$(COMPILE) --build-deps-for=editable --output-file=requirements/runtime.txt pyproject.toml
	$(COMPILE) --build-deps-for=editable --extra=dev --constraint=requirements/runtime.txt \
		--output-file=requirements/dev.txt pyproject.toml
	$(COMPILE) --build-deps-for=editable --extra=cluster --constraint=requirements/dev.txt \
		--output-file=requirements/cluster.txt pyproject.toml
	$(COMPILE) --constraint=requirements/dev.txt --output-file=requirements/peers.txt \
		requirements/peers.in
	$(COMPILE) --constraint=requirements/dev.txt --output-file=requirements/docs.txt \
		requirements/docs.in

release-check: $(VENV)/.dev ## Check that this version can go out; needs a network
	@$(BIN)/python -m release

clean: ## Remove the virtual environment and caches; data stays
	rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with make PYTHON=..." >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) >/dev/null 2>&1 \
		|| { "$(PYTHON)" -m venv --clear --without-pip $(VENV) && $(PIP) --version >/dev/null; } \
		|| { rm -rf $(VENV); echo "$(PYTHON) can make no virtual environment: install the" \
			"python3-venv package, or pip 22.3 or newer" >&2; exit 1; }

# The stamps say that the environment holds what the lock file and pyproject.toml ask for.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes --requirement requirements/runtime.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# Beside the environment, not in it: what the benchmarks compare with must not change what they see.
$(VENV)/.peers: requirements/peers.txt $(VENV)/.dev
	$(INSTALL) --require-hashes --target $(VENV)/peers --upgrade --requirement requirements/peers.txt
	@touch $@

# Beside the environment as well: where pandas is, DuckDB looks for it.
$(VENV)/.docs: requirements/docs.txt $(VENV)/.dev
	$(INSTALL) --require-hashes --target $(VENV)/docs --upgrade --requirement requirements/docs.txt
	@touch $@

# Programs of others that tests run. The node that runs them is in the environment, too.
$(VENV)/.npm: tests/npm/package.json tests/npm/package-lock.json $(VENV)/.dev
	@mkdir -p $(VENV)/npm && cp tests/npm/package*.json $(VENV)/npm
	@cd $(VENV)/npm && ../bin/npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes --requirement requirements/dev.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

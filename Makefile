# The one vocabulary of commands: people, pre-commit and CI call the same ones.
# Each works as the first command on a fresh machine with Python 3.11 or later and Node 22 or 24. Node 20
# passes too; it has reached its end of life, so CDK's libraries warn of it unless they are silenced.

PYTHON ?= python3
BIN := .venv/bin
CDK := node_modules/.bin/cdk
WORKERS ?= 2
# A worker runs all tests of a file, so that the file's fixtures are made once. Files with slow tests
# come first (tests/conftest.py), so that no worker is left with one at the end.
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder
COVERAGE ?=

export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# The tests start hundreds of Python processes. Where the environment forbids byte code, each of them
# would compile the libraries that it imports again: 5 of the 6.5 seconds of `import infra.app`.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: setup
setup: $(BIN)/.ready node_modules/.ready ## Install everything that the lock files name

$(BIN)/.ready: requirements/dev.txt requirements/bootstrap.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --require-hashes requirements/dev.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.ready: package.json package-lock.json
	@npm ci --silent
	@touch $@

.PHONY: rehearse
rehearse: setup ## Play the whole loop on an embedded AWS; see build/rehearsal/index.html
	@$(BIN)/python -m rehearsal

.PHONY: permissions
permissions: setup ## Print what each permission is needed by, for the last rehearsal's templates
	@$(BIN)/python -m rehearsal.permissions

.PHONY: renew-permissions
renew-permissions: setup ## Store the authorization requests of the last rehearsal and of the handler tests
	@rm -f build/handler-requests.jsonl
	@HANDLER_REQUESTS=$(CURDIR)/build/handler-requests.jsonl $(PYTEST) tests/lambdas tests/faults/test_missed_windows.py
	@$(BIN)/python -m rehearsal.permissions --renew

.PHONY: test
test: setup ## Run all tests; with COVERAGE=1 also measure the branch coverage of the core
	@$(PYTEST) $(if $(COVERAGE),--cov --cov-report=term)

.PHONY: fuzz
fuzz: setup ## Run the property tests with new random examples each time
	@$(PYTEST) -m hypothesis --hypothesis-profile=fuzz tests

.PHONY: faults
faults: setup ## Let each AWS call of each handler meet each fault, and play many sequences of events
	@DRIFTLOOP_FAULTS=all $(BIN)/python -m pytest -q -n $(WORKERS) --hypothesis-profile=fuzz \
		tests/faults/test_every_call.py tests/faults/test_concurrent_pairs.py \
		$(wildcard tests/faults/test_*_machine.py)

.PHONY: check
check: setup ## Lint, types and the architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

.PHONY: format
format: setup ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: synth
synth: setup build/flights/training.csv ## Write the CloudFormation templates to cdk.out
	@$(CDK) synth --quiet

# the example's training data, which the driftloop.yaml of this folder names
build/flights/training.csv: $(BIN)/.ready
	@$(BIN)/python -m examples.flights.prepare >/dev/null

.PHONY: mutate
mutate: setup ## Change the rule, the metrics and the gate, and list the changes that no test notices
	@$(BIN)/mutmut run --max-children $(WORKERS)
	@$(BIN)/mutmut results

.PHONY: bench
bench: setup ## Compare speed with peers; writes the table of docs/benchmarks.md
	@$(BIN)/python -m benchmarks.run

.PHONY: docs
docs: setup ## Write the reference pages from the code they describe
	@$(BIN)/python -m docs.generator

.PHONY: lock
lock: setup ## Renew the lock files from requirements/*.in and package.json
	@$(BIN)/python -m requirements.lock
	@npm install --package-lock-only --silent

.PHONY: clean
clean: ## Remove what was built, but not what was installed
	@rm -rf build cdk.out mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis

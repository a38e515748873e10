# Targets for people and for CI. Each one first sets up what it needs, which takes no time once it is there.

PYTHON ?= python3
VENV := .venv/bin

# Twice as many as CI has cores: tests spend a part of their time waiting.
TEST_PROCESSES ?= 4

# The tests start the deployer hundreds of times: where this variable is set, as in many container images, each
# start compiles all modules anew, which made the tests take a tenth longer.
export PYTHONDONTWRITEBYTECODE =

LOCK := $(VENV)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" --quiet

.PHONY: help demo demo-image demo-stop image test bench reliability coverage check setup error-page security-page release \
	lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | while IFS='	' read -r target what; do \
		printf '  make %-12s %s\n' "$$target" "$$what"; done

demo: setup ## Run a whole deployment in the sandbox, without an Azure account
	@$(VENV)/python -m sandbox demo

demo-image: setup image ## Run the same from the container image (Linux, as root)
	@$(VENV)/python -m sandbox demo --image

demo-stop: ## Stop the sandbox that `make demo` left running
	@test ! -x $(VENV)/python || $(VENV)/python -m sandbox stop

image: setup ## Build the container image of the deployer, and show its size
	@$(VENV)/python -m sandbox.image

test: setup ## Run all tests
	@$(VENV)/python -m pytest --numprocesses $(TEST_PROCESSES)

bench: setup image ## Measure the image, and write the table of docs/performance.md (Linux, as root)
	@$(VENV)/python -m tests.bench

# Python 3.11 loses its trace function where a task is cancelled, for example at each connection of httpx, and
# shows nothing of what runs afterwards (cpython issue 106749).
coverage: setup ## Run all tests, and show the lines of the deployer that no test runs (PYTHON=python3.12 or newer)
	@$(VENV)/python -c 'import sys; sys.version_info >= (3, 12) or sys.exit("Coverage is not true on Python 3.11: \
	make coverage PYTHON=python3.13")'
	@$(VENV)/coverage erase
	@$(VENV)/coverage run -m pytest --numprocesses $(TEST_PROCESSES)
	@$(VENV)/coverage combine --quiet
	@$(VENV)/coverage json --quiet --fail-under=0
	@$(VENV)/python -m tests.functions_never_run .coverage.json
	@$(VENV)/coverage report

reliability: setup ## Let every request of a deployment fail once in each way, and see how the deployment ends
	@$(VENV)/python -m tests.reliability

check: setup ## Check formatting, style, types and layers
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	$(VENV)/hadolint Dockerfile tests/bench/predecessor/Dockerfile
	$(VENV)/actionlint -shellcheck $(VENV)/shellcheck
	$(VENV)/shellcheck .ci/run
	$(VENV)/mypy
	$(VENV)/lint-imports

setup: ## Set up what the other targets need
	@$(PYTHON) sandbox/set_up.py

error-page: setup ## Write docs/errors.md from the rules that explain errors
	@$(VENV)/python -m tests.docs.error_table

security-page: setup ## Write the table of docs/security.md that says which pod reaches what
	@$(VENV)/python -m tests.docs.reachability_table

release: setup ## Write VERSION wherever the release is named (make release VERSION=0.2.0)
	@$(VENV)/python -m tests.docs.release "$(VERSION)"

lock: setup ## Update the lock files from pyproject.toml, keeping the versions that still fit
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) pyproject.toml --extra development --output-file requirements-development.lock
	$(LOCK) --group build --output-file requirements-build.lock
	$(LOCK) --group nodejs --output-file sandbox/azurite/requirements.lock
	$(LOCK) --group installer --output-file sandbox/setup/requirements.lock

clean: demo-stop ## Remove everything that set-up and runs left in this checkout; the cache stays
	rm -rf .venv .sandbox sandbox/azurite/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

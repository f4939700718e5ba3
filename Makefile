# `make` sets everything up and runs the whole sweep; `make help` lists the rest.
PYTHON ?= python3
UV = 0.13.9
BIOME = 2.6.8
BIN = .venv/bin
# One of studies/, run in its own folder: make STUDY=quick
STUDY =
ifneq ($(shell test -e 'studies/$(or $(STUDY),quick).yaml' || echo missing),)
$(error There is no study $(STUDY). Choose one of: $(shell cd studies && ls *.yaml | sed "s/.yaml$$//;s/.* .*/'&'/"))
endif
# Variables that are given to make, but are none of these, would be ignored without a word.
KNOWN = STUDY MODEL PYTHON UV BIOME
GIVEN = $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
ifneq ($(filter-out $(KNOWN) -*%,$(GIVEN)),)
$(error make has no variable $(filter-out $(KNOWN) -*%,$(GIVEN)). There are STUDY=quick, MODEL=results/models/... and PYTHON=python3.12)
endif
RUN = $(if $(STUDY),runs/$(STUDY),.)
SNAKEMAKE = $(BIN)/snakemake $(if $(STUDY),--configfile 'studies/$(STUDY).yaml' --directory '$(RUN)')
REPORT = $(RUN)/results/report.html
NEED_RESULTS = @test -e '$(RUN)/results/card.json' || { echo "ERROR: there are no results in $(RUN)/results." \
    "Give the command make$(if $(STUDY), STUDY='$(STUDY)') first." >&2; exit 1; }
# Two processes more than there are cores, because many tests wait. Files run in the order of pyproject.toml.
PYTEST = $(BIN)/pytest -n $$(($$(nproc) + 2)) --dist loadfile --no-loadscope-reorder
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes

.DEFAULT_GOAL := sweep
.PHONY: sweep results report prune test test-all lint reproduce check benchmark test-peers findings requirements docs clean help

sweep: .venv/run.stamp ## run the whole sweep and make its report (the default); STUDY=quick: one of studies/
	REPORT_FOLLOWS=yes $(SNAKEMAKE) --cores $$($(BIN)/python scripts/control/machine.py)
	@if [ ! -e '$(REPORT)' ] || [ -n "$$(find '$(RUN)/results' report -type f -newer '$(REPORT)')" ]; \
	    then $(MAKE) --no-print-directory report; else echo "Report $(REPORT)"; fi

results: .venv/run.stamp ## show the table and the answer of the last sweep, and where its files are
	$(NEED_RESULTS)
	@$(BIN)/python scripts/show_results.py '$(RUN)'

report: .venv/run.stamp ## make the report of the last sweep, for a browser
	$(NEED_RESULTS)
	@mkdir -p '$(RUN)/logs'
	@$(SNAKEMAKE) --report results/report.html --report-stylesheet "$(CURDIR)/report/style.css" \
	    >'$(RUN)/logs/report.log' 2>&1 || { cat '$(RUN)/logs/report.log'; false; }
	@echo "Report $(REPORT)"

prune: .venv/run.stamp ## delete results of earlier configurations that the present one has no use for
	@PRUNE_RESULTS=yes $(SNAKEMAKE) --dry-run --quiet all

test: .venv/test.stamp ## run the tests that matter most, in a few minutes
	$(PYTEST)

test-all: .venv/test.stamp ## run every test, with those that take minutes
	$(PYTEST) -m ""

lint: .venv/test.stamp ## check style, names and rules
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/lint_workflow.py
	@if command -v npx >/dev/null; then NO_COLOR=1 npx --yes @biomejs/biome@$(BIOME) ci --indent-style=space \
	    --line-width=110 scripts/lab/browser/*.js scripts/lab/browser/*.css; \
	    else echo "npx is missing: the scripts of the lab are not checked"; fi

reproduce: .venv/run.stamp ## train one network again and compare it, bit for bit; MODEL=results/models/...
	$(BIN)/python scripts/reproduce.py $(if $(or $(MODEL),$(STUDY)),"$(or $(MODEL),$(shell ls '$(RUN)'/results/models/*/*/*/*/*.keras | head -n 1))")

check: .venv/run.stamp ## check the results that are there against their cards and the configuration, without running any
	@$(BIN)/python scripts/check_results.py $(wordlist 2,99,$(SNAKEMAKE))

benchmark: .venv/test.stamp .venv-peers/stamp ## measure against the notebook, the limit and the peers (hours)
	$(BIN)/snakemake --cores all results/noisy/scale_0.5/seed_1/x_train.npy results/lab.html
	$(BIN)/python benchmarks/whole.py
	$(BIN)/python benchmarks/epoch.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/sweep.py --repeats 3
	$(BIN)/python benchmarks/ceiling.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/lab.py

test-peers: .venv-peers/stamp ## compare the noise with that of other libraries
	.venv-peers/bin/python -m pytest -p no:cacheprovider --noconftest tests/unit/test_noise_elsewhere.py

findings: ## run all of findings/, which install what they need (minutes, and downloads)
	@changed=; for script in findings/*.sh; do echo "$$script"; bash "$$script" || changed="$$changed $$script"; done; \
	    if [ -n "$$changed" ]; then echo "ERROR: changed or failed:$$changed" >&2; exit 1; fi

requirements: .venv/run.stamp ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile $(COMPILE) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile $(COMPILE) --group test -c requirements.txt -o requirements-test.txt
COMPILE = --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest --generate-hashes

docs: .venv/run.stamp ## make the tables in the docs that repeat the code
	$(BIN)/python docs/generate.py

clean: ## delete results and logs, but not the fetched images
	find results -mindepth 1 -maxdepth 1 ! -name README.md ! -name images -exec rm -r {} +
	rm -rf logs

help: ## list what can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1 \t\2/p' Makefile | expand -t 22

# Where the home folder cannot be written to, Snakemake's cache is in this folder.
export XDG_CACHE_HOME ?= $(shell mkdir -p ~/.cache 2>/dev/null && test -w ~/.cache && echo ~/.cache \
    || echo "$(CURDIR)/.snakemake/cache")
# One at a time: the recipe holds a lock on this file while it runs.
ALONE = exec 9<Makefile && flock --nonblock 9 || \
    { echo "ERROR: another make is setting up .venv in this folder. Wait until it has finished." >&2; exit 1; };

FITS = $(1) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
NEEDED = Python 3.11, 3.12 or 3.13

# Where python3 does not fit, uv looks for a Python that does, and downloads one if there is none.
.venv/run.stamp: requirements.txt
	@$(if $(filter file,$(origin PYTHON)),,$(call FITS,$(PYTHON)) || \
	    { echo "ERROR: $(PYTHON) is $$($(PYTHON) --version 2>&1). It must be $(NEEDED)." >&2; exit 1; })
	@$(ALONE) set -e; said=$$(mktemp -d); trap 'rm -r "$$said"' EXIT; version=$$($(PYTHON) --version 2>&1); \
	echo "Setting up .venv, which takes a minute or two ..."; \
	$(PYTHON) -m venv --clear .venv; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV) || { echo "ERROR: pip of $(PYTHON)," \
	    "which is $$version, could not install uv. Is there a connection? Is it $(NEEDED)?" >&2; exit 1; }; \
	if ! $(call FITS,$(PYTHON)); then \
	    cp $(BIN)/uv "$$said"; \
	    "$$said/uv" venv --quiet --clear --python '>=3.11,<3.14' .venv 2>"$$said/uv.log" || { rm -rf .venv; \
	        echo "ERROR: $(PYTHON) is $$version, but this needs $(NEEDED). This machine has none, and uv could not" \
	        "download one ($$(head -n 1 "$$said/uv.log")). Install one, and name it: make PYTHON=python3.12" >&2; exit 1; }; \
	    cp "$$said/uv" $(BIN); \
	    echo "$(PYTHON) is $$version, which is not $(NEEDED). .venv has $$($(BIN)/python --version)" \
	        "of $$($(BIN)/python -c 'import sys; print(sys.base_prefix)')."; \
	fi; \
	$(INSTALL) -r requirements.txt; \
	touch $@

.venv/test.stamp: requirements-test.txt .venv/run.stamp
	@$(ALONE) set -ex; $(INSTALL) -r requirements-test.txt; touch $@

.venv-peers/stamp: benchmarks/requirements-peers.txt | .venv/run.stamp
	$(PYTHON) -m venv --clear .venv-peers
	$(BIN)/uv pip install --quiet --python .venv-peers/bin/python -r benchmarks/requirements-peers.txt
	touch $@

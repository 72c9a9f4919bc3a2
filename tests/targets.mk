# The checking half of the Makefile: quick checks, every test suite as one step with a report, and their tally.

# --- quick checks -------------------------------------------------------------------------------------------------------

.PHONY: check check-go check-generated check-headers check-python check-shell lint
check: check-go check-generated check-headers check-python check-shell ## quick checks: format, vet, staticcheck, generated files, headers, ruff, mypy, shellcheck
lint: check ## the same as check

check-go: $(STATICCHECK)
	@bad=$$(gofmt -l $(wildcard core capi examples tests)); test -z "$$bad" || { echo "gofmt would change: $$bad"; exit 1; }
	go vet ./...
	$(STATICCHECK) -checks inherit,-SA1012 ./... # inside the core a nil context means that there is none to look at

check-generated:
	go run ./capi/gen -check
	go test ./tests/clauses

# Each public header must compile alone, silently, in every language it serves.
ALONE := -Wall -Wextra -pedantic -Werror -fsyntax-only -Iinclude -Ibindings/c -Ibindings/cpp
check-headers:
	@for h in include/ws.h $(wildcard bindings/c/*.h); do \
	    echo "$$h alone: C99 C11 C++17"; \
	    $(CC) -std=c99 $(ALONE) -x c "$$h"; \
	    $(CC) -std=c11 $(ALONE) -x c "$$h"; \
	    $(CXX) -std=c++17 $(ALONE) -x c++ "$$h"; done
	@for h in $(wildcard bindings/cpp/*.hpp); do \
	    echo "$$h alone: C++17 C++20"; \
	    $(CXX) -std=c++17 $(ALONE) -x c++ "$$h"; \
	    $(CXX) -std=c++20 $(ALONE) -x c++ "$$h"; done

check-python: $(VENV)
	$(B)/venv/bin/ruff check --quiet --cache-dir $(B)/cache/ruff .
	$(B)/venv/bin/mypy --no-error-summary $(wildcard bindings/python/libws) tests/report

check-shell: $(VENV)
	$(B)/venv/bin/shellcheck build.sh .ci/run $(wildcard examples/*.sh tests/*/*.sh)

# --- tests ----------------------------------------------------------------------------------------------------------------

# Each step runs under a time limit, goes on over failures and leaves JUnit reports; the tally reads them all. A step fetches the tools
# that it needs by itself, so that one which cannot be had costs no other step.
TEST_STEPS := check go cover race python install hostile interop conformance fuzz
MODULE_PACKAGES = $$(go list ./... | grep -vE '/core/(wire|protocol)$$')
CORE_PACKAGES = $$(go list ./core/...)
# Suites with a step of their own; every other folder of pytest tests is in the python step.
OWN_STEP := tests/hostile tests/interop tests/conformance tests/install
PYTEST = $(PY) -m pytest -c tests/pytest.ini -q --junitxml
GOTEST = $(GOTESTSUM) --format pkgname --hide-summary=skipped --junitfile

.PHONY: test $(TEST_STEPS:%=test-%)
test: ## every test there is, then the tally
	@$(MAKE) -j2 build $(VENV)
	@rm -rf $(REPORTS); mkdir -p $(REPORTS)
	@for step in $(TEST_STEPS); do \
	    $(STEP) --reports $(REPORTS) --limit 900 $$step -- $(MAKE) test-$$step || true; done
	@$(PY) tests/report/tally.py $(REPORTS)

$(REPORTS):
	@mkdir -p $@

test-check:
	$(MAKE) -k -j2 --output-sync=target check

test-go: $(GOTESTSUM) | $(REPORTS)
	$(GOTEST) $(REPORTS)/go.xml -- -count=1 -timeout 300s $(MODULE_PACKAGES)

test-cover: $(GOTESTSUM) | $(REPORTS)
	$(GOTEST) $(REPORTS)/cover.xml -- -count=1 -timeout 300s -coverprofile=$(REPORTS)/cover.out ./core/wire ./core/protocol
	$(PYTHON) tests/report/coverage.py --min 95 $(REPORTS)/cover.out

# With -short it does not repeat at length what one thread does alone.
test-race: $(GOTESTSUM) | $(REPORTS)
	$(GOTEST) $(REPORTS)/race.xml -- -race -short -count=1 -timeout 600s $(CORE_PACKAGES) ./capi/handle

test-fuzz: $(GOTESTSUM) | $(REPORTS)
	FUZZTIME=$(FUZZTIME) GOTESTSUM=$(GOTESTSUM) REPORTS=$(REPORTS) tests/report/fuzz.sh

# Most of these tests wait, for a compiler, a deadline or a process that starts: files of them run two at a time.
test-python: $(VENV) | $(REPORTS)
	$(PYTEST) $(REPORTS)/python.xml -n 2 --dist loadfile tests $(addprefix --ignore=,$(OWN_STEP))

# A browser keeps its settings in a folder of this project; Go still finds its own.
test-interop: export GOENV := $(shell go env GOENV 2>/dev/null)
test-interop: export XDG_CONFIG_HOME := $(CURDIR)/$(B)/cache/config

test-hostile: SIDE_BY_SIDE := -n 2 --dist loadgroup # tests/hostile/conftest.py has the groups
test-install test-hostile test-interop test-conformance: test-%: $(VENV) | $(REPORTS)
	$(PYTEST) $(REPORTS)/$*.xml $(SIDE_BY_SIDE) tests/$*

# --- longer runs --------------------------------------------------------------------------------------------------------

.PHONY: fuzz conformance soak bench
fuzz: FUZZTIME := 60s
fuzz: test-fuzz fuzz-calls ## fuzz every target for FUZZTIME (60s) each

# The random calls of the C ABI, which `make test` makes in the same order each time.
.PHONY: fuzz-calls
fuzz-calls: build $(VENV) | $(REPORTS)
	LIBWS_FUZZTIME=$(FUZZTIME) $(PYTEST) $(REPORTS)/fuzz-calls.xml tests/abi/test_random_calls.py

conformance: build $(VENV) ## Autobahn|Testsuite against every server and client of ours, with the table
	$(PY) tests/conformance/run.py

soak: build $(VENV) ## mixed traffic against every server for LIBWS_SOAK_S (600) seconds: nothing may grow
	LIBWS_SOAK_S=$${LIBWS_SOAK_S:-600} $(PY) -m pytest -c tests/pytest.ini -q tests/soak

bench: build $(VENV) ## measure against peers; writes tests/bench/RESULTS.md
	$(PY) tests/bench/run.py

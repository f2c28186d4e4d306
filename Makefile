# One entry for every job; each target only calls the bootstrap, a preset or a script.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

JOBS ?= 2
FUZZ_SECONDS ?= 60
PREFIX ?= /usr/local
sources = $(shell git ls-files '*.h' '*.cc')
use = source build/env.sh

.PHONY: help demo test build check asan tsan coverage fuzz slow bench golden format tidy metrics install clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' Makefile

demo: build ## import the Alibaba example, start Prometheus on it, query it
	@tools/bootstrap demo && $(use) && examples/alibaba/demo build/release/promfill

test: ## build everything with warnings as errors and run all tests
	@tools/bootstrap test && $(use) && cmake --preset dev && cmake --build --preset dev && ctest --preset dev -j $(JOBS)

build: ## build the optimised CLI: build/release/promfill
	@tools/bootstrap build && $(use) && cmake --preset release && cmake --build --preset release

check: ## format, sizes, layering, then all tests
	@tools/bootstrap check && tools/format --check && tools/metrics --check && tests/layering_test.py
	@$(MAKE) --no-print-directory test

asan: ## all tests but those of memory limits under the address and undefined behaviour sanitizers
	@tools/bootstrap test && $(use) && cmake --preset asan && cmake --build --preset asan && ctest --preset asan -j $(JOBS)

tsan: ## all tests under the thread sanitizer (Arrow is not instrumented: its threads are off, data goes by our queues)
	@tools/bootstrap test && $(use) && cmake --preset tsan && cmake --build --preset tsan && ctest --preset tsan -j $(JOBS)

coverage: ## lines that the tests run, by module, and errors that no test sees
	@tools/bootstrap coverage && $(use) && cmake --preset coverage && cmake --build --preset coverage
	@# Without the faults: a process that is killed leaves its counts half-written.
	@find build/coverage -name '*.gcda' -delete && $(use) && ctest --test-dir build/coverage -j $(JOBS) -E faults_ --output-on-failure
	@tools/coverage build/coverage --check

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each, under the sanitizers
	@tools/bootstrap fuzz && $(use) && cmake --preset fuzz && cmake --build --preset fuzz
	@python3 tests/fuzz/run build/fuzz --seconds $(FUZZ_SECONDS) --jobs $(JOBS) --results build/dev/reliability/fuzz.json

slow: ## the full fault sweeps and comparisons, half an hour or more; writes docs/reliability.md
	@tools/bootstrap test && $(use) && cmake --preset dev && cmake --build --preset dev
	@$(use) && "$$PROMFILL_PYTHON" tests/faults/kill_test.py build/dev/promfill --all --results build/dev/reliability/kill.json
	@$(use) && "$$PROMFILL_PYTHON" tests/faults/disk_test.py build/dev/promfill --all --results build/dev/reliability/disk.json
	@$(use) && "$$PROMFILL_PYTHON" tests/faults/hostile_test.py build/dev/promfill --all --results build/dev/reliability/hostile.json
	@$(use) && "$$PROMFILL_PYTHON" tests/openmetrics/promtool_test.py build/dev/promfill build/prometheus-3.14/promtool --all
	@$(use) && "$$PROMFILL_PYTHON" tests/publish/publish_test.py build/dev/promfill build/prometheus/usr/bin/prometheus
	@$(use) && "$$PROMFILL_PYTHON" tests/publish/kill_test.py build/dev/promfill build/prometheus-3.14/prometheus --all
	@tools/bootstrap containers && $(use) && "$$PROMFILL_PYTHON" tests/publish/deploy_test.py build/dev/promfill build/prometheus-3.14/prometheus
	@tests/faults/report build/dev/reliability

bench: ## all benchmarks, an hour or more; goes on where it was interrupted; writes docs/performance.md
	@tools/bootstrap bench && $(use) && cmake --preset release
	@$(use) && cmake --build --preset release --target promfill bench_programs
	@$(use) && good=0 && { bench/run build/release || good=1; } && bench/report build/release/bench-results && exit $$good

golden: ## write tests/golden and tests/openmetrics/golden.json anew with Prometheus's own code; review the diff like code
	@tools/bootstrap test && $(use) && tests/golden/regenerate

format: ## format all C++ with clang-format 19
	@tools/bootstrap check && tools/format

tidy: ## clang-tidy 19, findings are errors
	@tools/bootstrap check && $(use) && cmake --preset dev && run-clang-tidy-19 -quiet -p build/dev '^$(CURDIR)/(src|cli)/'

metrics: ## sizes, comment share and test ratio against the budget of STYLE.md
	@tools/metrics

install: build ## install the CLI, with the libraries it needs, under PREFIX
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove what was built; keep what was downloaded
	@rm -rf build/dev build/release build/asan build/tsan build/coverage build/fuzz

# The front door: sets up, builds, tests, installs. CMake does the work; see CONTRIBUTING.md.
#
#   make                       set up what is missing and build into build/
#   make check                 build and run all tests
#   make fuzz RUNS=2000        changed files for every program that reads them: CONTRIBUTING.md
#   make quickstart            build, then the whole loop on a small task from pixels (minutes)
#   make contact-sheet         pipelines/tasks.png anew: a frame of each of the twenty tasks
#   make train TASK=…          the whole of Algorithm 1: see pipelines/dreamer.mk for its settings
#   make sweep TASKS=…         many such runs over tasks, seeds, settings: see pipelines/sweep.mk
#   make pretrain DATA=…       a world model from logged episodes: see pipelines/pretrain.mk
#   make offline DATA=…        that, and a behavior learned in it without acting: pipelines/offline.mk
#   make metrics RUN=DIR       pictures of the metrics of such a run: see pipelines/reading-metrics.md
#   make install PREFIX=DIR    programs, library, man pages, presets, models (default /usr/local)
#   make dev                   build and test with sanitizers and warnings as errors in build-dev/
#   make tsan                  build and test with ThreadSanitizer what has threads, in build-tsan/
#   make stress MINUTES=3      many programs on one folder, killed and started again: nothing is lost
#   make bench                 seconds of an update and its parts: bench/README.md
#   make tidy, make format     clang-tidy over the code, or over FILES=…; clang-format of the code
#   make clean                 remove what was built (not the wheels in .deps/)
#   make help                  this text
#
# Settings, given behind make: JOBS=N compilers at once; CMAKE_ARGS='-D…' for the configuration;
# BENCH_ARGS='--updates 3 --threads 1'; FIRST=N the first run of make fuzz.
# From the environment: CMAKE_PREFIX_PATH with a LibTorch or MuJoCo of your own; DREAMER_PYTHON, the
# virtual environment of the wheels (default .deps/venv).

PREFIX ?= /usr/local
CMAKE_ARGS ?=
# As many compilers as there are cores, but no more than memory allows: a file that includes
# LibTorch takes 1.5 GB.
JOBS ?= $(shell awk -v cores=$$(nproc) '/^MemAvailable/ { fit = int($$2 / 1500000) } \
          END { jobs = fit < cores ? fit : cores; print jobs < 1 ? 1 : jobs }' /proc/meminfo)
DREAMER_PYTHON ?= $(CURDIR)/.deps/venv
export DREAMER_PYTHON

SHELL = /bin/bash
CONFIGURE = cmake --log-level=WARNING -DDREAMER_PYTHON='$(abspath $(DREAMER_PYTHON))' $(CMAKE_ARGS)

.PHONY: build setup check fuzz quickstart contact-sheet train sweep pretrain offline metrics install dev tsan stress \
        bench tidy format clean help
build: setup
	@$(CONFIGURE) --preset release >/dev/null
	@cmake --build --preset release --parallel $(JOBS)

setup:
	@./setup.sh

check: build
	@cmake --build --preset release --parallel $(JOBS) --target tests
	@ctest --preset release

fuzz: build
	@$(DREAMER_PYTHON)/bin/python tests/fuzz/fuzz.py --bin build/bin --runs $(or $(RUNS),2000) \
	  --first $(or $(FIRST),0) --jobs $(JOBS)

quickstart: build
	@PATH="$(CURDIR)/build/bin:$$PATH" OUT="$(or $(OUT),quickstart)" pipelines/quickstart.sh

contact-sheet: build
	@PATH="$(CURDIR)/build/bin:$$PATH" pipelines/contact-sheet.sh

train sweep pretrain offline metrics: export PATH := $(CURDIR)/build/bin:$(PATH)
train: build
	@$(MAKE) --no-print-directory -f pipelines/dreamer.mk

sweep: build
	@$(MAKE) --no-print-directory -f pipelines/sweep.mk

pretrain: build
	@$(MAKE) --no-print-directory -f pipelines/pretrain.mk

offline: build
	@$(MAKE) --no-print-directory -f pipelines/offline.mk

metrics: build
	@pipelines/metrics.sh $(or $(RUN),$(error RUN= is needed: the folder of a run, with model.jsonl or log.jsonl))

install: build
	@cmake --install build --prefix '$(PREFIX)' --strip

dev: setup
	@$(CONFIGURE) --preset dev >/dev/null
	@cmake --build --preset dev --parallel $(JOBS)
	@cmake --build --preset dev --parallel $(JOBS) --target tests
	@ctest --preset dev

tsan: setup
	@$(CONFIGURE) --preset tsan >/dev/null
	@cmake --build --preset tsan --parallel $(JOBS)
	@ctest --preset tsan

stress: build
	@$(DREAMER_PYTHON)/bin/python tests/e2e/stress.py --bin build/bin --minutes $(or $(MINUTES),3)

bench: build
	@cmake --build --preset release --parallel $(JOBS) --target bench_update
	@bench/run.sh build/bin build/bench $(BENCH_ARGS)

# Every file of the compile commands, or FILES; the count of findings in system headers is left out.
tidy:
	@./setup.sh --dev
	@$(CONFIGURE) --preset tidy -DDREAMER_COMPILE_TOGETHER=$(if $(FILES),OFF,ON) >/dev/null
	@for file in $(or $(FILES),$$(jq -r '.[].file' build-tidy/compile_commands.json | sort -u)); do \
	   echo $$file; done | \
	 xargs -P $(JOBS) -n 1 $(DREAMER_PYTHON)/bin/clang-tidy -p build-tidy --quiet \
	   2> >(grep -v 'warnings\? generated' >&2)

format:
	@./setup.sh --dev
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf build build-dev build-tidy build-tsan

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

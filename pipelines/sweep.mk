# Many runs of train.mk, over tasks, seeds and settings, and what they came to together.
#
#   make -f pipelines/sweep.mk TASKS='cartpole_swingup walker_walk' SEEDS='0 1 2' PRESET=quick \
#     VARY='model.kl_scale=1 model.kl_scale=5' ROUNDS=46 JOBS=2 OUT=sweeps/kl
#
# The programs are found on PATH. Each run has a folder of its own, named by what varies:
# OUT/cartpole_swingup-model.kl_scale=5-0. Killed in whatever way, or moved to another machine, the
# same command continues every run where it was; a run that has ended is not made again. A run that
# fails does not keep the others from ending.
#
#   TASKS               tasks (dr-collect --list-tasks)
#   SEEDS=0             the seeds of each
#   VARY=               variants of the settings, each tried with every task and seed; settings that
#                       belong to one variant are joined by commas: 'model.depth=8,model.stoch=20'
#   SETTINGS=           settings of all runs
#   JOBS=1              runs at once
#   THREADS=            of each run; by default the cores divided by JOBS
#   OUT=sweeps/TASKS-PRESET   one make at a time works in it
#   GROUP_BY=           what is plotted and listed apart; by default the tasks and what VARY names
#   CHANGE=no           yes: continue runs with other settings than they were begun with
#   PRESET, ROUNDS, RENDER, ENVS, CONTEXT, FAR   as in train.mk
#
# Under OUT it leaves the folders of the runs, with RUN.log beside each, what its programs said, and
#   runs.txt            a line for each group of runs: returns, intervals, frames, minutes
#   curves.png          returns over frames, mean and band over the seeds

this := $(strip $(MAKEFILE_LIST))
here := $(patsubst %sweep.mk,%,$(this))
empty :=
parallel := yes
include $(subst $(empty) $(empty),\$(empty) $(empty),$(here))common.mk

SEEDS ?= 0
VARY ?=
SETTINGS ?=
PRESET ?= paper
JOBS ?= 1
THREADS ?= $(shell expr '(' $$(nproc) + $(JOBS) - 1 ')' / $(JOBS))
OUT ?= sweeps/$(subst $(space),-,$(strip $(TASKS) $(PRESET)))
CHANGE ?= no
comma := ,

ifndef TASKS
$(error TASKS= is needed: tasks to act in, such as 'cartpole_swingup walker_walk'; dr-collect --list-tasks shows all)
endif
ifneq ($(shell printf '%s\n' $(SEEDS) '$(JOBS)' '$(THREADS)' | grep -cvx '[0-9]\+'),0)
$(error SEEDS=$(SEEDS) JOBS=$(JOBS) THREADS=$(THREADS): whole numbers are needed)
endif
$(check_out)

# --- One make at a time. The make with the lock has the jobs.
ifeq ($(filter $(OUT),$(DREAMER_HOLDS))$(looks),)
flags := --jobs $(JOBS) --keep-going --no-print-directory
include $(subst $(space),\$(space),$(here))hold.mk
else

# TASK!VARIANT!SEED, where VARIANT is empty without VARY.
runs := $(foreach task,$(TASKS),$(foreach seed,$(SEEDS),\
    $(if $(VARY),$(foreach variant,$(VARY),$(task)!$(variant)!$(seed)),$(task)!!$(seed))))
part = $(word $(1),$(subst !, ,$(subst !!,!-!,$(2))))
variant = $(filter-out -,$(subst $(comma), ,$(call part,2,$(1))))
folder = $(OUT)/$(subst !,-,$(subst !!,!,$(1)))
folders := $(foreach run,$(runs),$(call folder,$(run)))
varied := $(sort $(foreach setting,$(subst $(comma), ,$(VARY)),$(firstword $(subst =, ,$(setting)))))
GROUP_BY ?= $(if $(word 2,$(TASKS)),task )$(varied)

.PHONY: all $(runs)
all: $(OUT)/curves.png $(OUT)/runs.txt
	@cat $(OUT)/runs.txt

# By another name than MAKE, so that `make -n` shows the runs and begins none.
one := $(MAKE)
$(runs):
	@mkdir -p $(OUT); begin=$$SECONDS; \
	echo 'sweep.mk: $(notdir $(call folder,$@)) begins'; \
	if $(one) --no-print-directory -f '$(here)train.mk' TASK='$(call part,1,$@)' \
	  SEED='$(call part,3,$@)' SETTINGS='$(strip $(SETTINGS) $(call variant,$@))' \
	  OUT='$(call folder,$@)' PRESET='$(PRESET)' THREADS='$(THREADS)' CHANGE='$(CHANGE)' \
	  >$(call folder,$@).log 2>&1; \
	then echo "sweep.mk: $(notdir $(call folder,$@)) ended after $$((SECONDS - begin)) s: return \
	$$(tail -n 1 $(call folder,$@)/curve.jsonl | jq -r '"\(.mean * 10 | round / 10) at \(.frames) frames"')"; \
	else echo >&2 "sweep.mk: $(notdir $(call folder,$@)) failed: \
	$$(grep -Em 1 'error: |[*][*][*] ' $(call folder,$@).log || echo 'see its log')"; exit 1; fi

grouped := $(if $(strip $(GROUP_BY)),--group-by $(GROUP_BY))
$(OUT)/curves.png: $(runs)
	@dr-render $(folders:%=%/curve.jsonl) $(grouped) --out $@ --force --quiet >/dev/null

$(OUT)/runs.txt: $(runs)
	@dr-info --runs $(folders) $(grouped) >$@.new
	@mv $@.new $@
endif

# What a pipeline that learns in an environment is told, for dreamer.mk and train.mk; each says in its
# beginning what these are.
PRESET ?= paper
SETTINGS ?=
ROUNDS ?= 10
SEED ?= 0
OUT ?= runs/$(subst $(space),-,$(strip $(TASK) $(PRESET) $(SETTINGS) $(SEED)))
RENDER ?= exact
ENVS ?= 1
THREADS ?=
LOGDIR ?=
CONTEXT ?= 5
FAR ?= 45
CHANGE ?= no

ifndef TASK
$(error TASK= is needed: a task to act in, such as cartpole_swingup; dr-collect --list-tasks shows all)
endif
$(check_out)
$(call check_whole,SEED ROUNDS CONTEXT FAR)

# --set with those of SETTINGS that are of these sections, as a program refuses others.
set = $(if $(filter $(1),$(SETTINGS)),--set $(filter $(1),$(SETTINGS)))

common := --preset $(PRESET) $(if $(THREADS),--threads $(THREADS))
environments := --task $(TASK) --render $(RENDER) --envs $(ENVS) $(common) $(call set,collect.%)
collect := dr-collect $(environments)
seed_of_round = $(shell expr $(SEED) \* 10000 + $(1))

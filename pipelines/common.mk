# How the pipelines work, whatever they do. Each includes it first, with `here`, the folder of both, and
# `parallel` if its targets may be made side by side.
space := $(empty) $(empty)
stage := '$(here)stage.sh'
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export LC_ALL := C
looks := $(findstring n,$(firstword -$(MAKEFLAGS)))# of make -n
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
ifndef V
.SILENT:  # V=1 shows the commands
endif
ifndef parallel
.NOTPARALLEL:  # each program takes the cores it is given; two would slow each other
endif

# check_out, for once OUT is known; $(call check_whole,NAMES): these variables are whole numbers.
check_out = $(if $(filter-out 1,$(words $(OUT))$(findstring :,$(OUT))$(findstring %,$(OUT))),\
  $(error OUT=$(OUT): Make takes no name with a space, a colon or a percent sign; give another))
check_whole = $(if $(filter-out 0,$(shell printf '%s\n' $(foreach n,$(1),'$($(n))') | grep -cvx '[0-9]\+')),\
  $(error $(foreach n,$(1),$(n)=$($(n))): whole numbers are needed))

# Dreamer, Algorithm 1, by dr-train: one process that learns and acts, and pictures of what came of it.
# Faster than dreamer.mk, which does the same by one program after the other.
#
#   make -f pipelines/train.mk TASK=cartpole_swingup PRESET=quick ROUNDS=46 THREADS=1
#
# The programs are found on PATH. Killed in whatever way, the same command continues and ends with the
# same checkpoints and scores; until the run has ended, a larger ROUNDS makes it longer.
#
#   TASK                a task (dr-collect --list-tasks)
#   PRESET=paper        settings: paper, paper-gr, quick, state, atari
#   SETTINGS=           settings of one's own, as --set takes them: 'model.depth=8 collect.noise=0.2'
#   ROUNDS=10           rounds in all, below 9999: each has train.updates and train.episodes
#   OUT=runs/TASK-PRESET-SETTINGS-SEED   one make at a time works in it
#   SEED=0              the run's: below 200000
#   RENDER=exact        or fast, or none
#   ENVS=1              environments side by side, while collecting and evaluating
#   THREADS=            to compute with; all cores if empty
#   LOGDIR=             TensorBoard's folder, if one is wanted: run `train` in it
#   CONTEXT=5 FAR=45    rows seen, rows predicted in the images; fewer where episodes are short
#   CHANGE=no           yes: continue with other settings than OUT was begun with, which run.json lists
#
# Under OUT it leaves what dr-train does (run.json, log.jsonl, episodes/, model.h5, policy.h5, the
# policies that were evaluated), and
#   curve.jsonl, curve.png                returns over frames, beside the published curve
#   held-out/           what the last policy did, for the images
#   open-loop.json, open-loop.mp4         the model's predictions judged and shown
#   summary.txt         what it came to, in a few lines, which are said at the end, too
#   policy-dream.mp4, episode.mp4         what the policy imagines; what it does

this := $(strip $(MAKEFILE_LIST))
here := $(patsubst %train.mk,%,$(this))
empty :=
include $(subst $(empty) $(empty),\$(empty) $(empty),$(here))common.mk
include $(subst $(space),\$(space),$(here))task.mk

# --- One make at a time.
ifeq ($(filter $(OUT),$(DREAMER_HOLDS))$(looks),)
include $(subst $(space),\$(space),$(here))hold.mk
else

train := dr-train --task $(TASK) --render $(RENDER) --envs $(ENVS) --seed $(SEED) --rounds $(ROUNDS) \
  --out $(OUT) $(common) $(call set,%)

# --- What decides what is learned. It is written first, and another run is not mixed into this one.
run := $(shell $(train) --print-config | jq -c '{program: "dr-train", \
    version: "$(lastword $(shell dr-info --version))", task: "$(TASK)", seed: $(SEED), \
    render: "$(RENDER)", settings: .}')
ifeq ($(run),)
$(error no settings; dr-train and jq are to be on PATH, and PRESET=$(PRESET) and SETTINGS=$(SETTINGS) known)
endif
include $(subst $(space),\$(space),$(here))run.mk

model := $(OUT)/model.h5
policy := $(OUT)/policy.h5
finished := $(policy)
rounds_made := $(if $(wildcard $(policy)),$(shell tail -n 1 $(OUT)/log.jsonl | jq .round))
ifneq ($(and $(changed),$(rounds_made)),)
$(error $(OUT) has ended, with $(changed). Give another OUT=)
endif
ifneq ($(filter-out $(ROUNDS),$(rounds_made)),)
$(error $(OUT) has ended with ROUNDS=$(rounds_made). Continue in another OUT= by dr-train --data --init-model --init-policy)
endif
include $(subst $(space),\$(space),$(here))pictures.mk
.PHONY: all
all: $(pictures) $(OUT)/summary.txt

# Where this make is ended alone, dr-train gets a SIGTERM: it saves and ends.
bound := $(shell setpriv --pdeathsig TERM echo setpriv --pdeathsig TERM 2>/dev/null)
$(policy): | $(OUT)/run.json
	$(bound) $(train) $(if $(LOGDIR),--logdir $(LOGDIR)) $(if $(filter yes,$(CHANGE)),--change) >/dev/null

$(OUT)/curve.jsonl: $(policy)
	jq -c 'select(has("mean")) | {task, seed: $(SEED), round, frames, seconds, mean, ci95}' \
	  $(OUT)/log.jsonl >$@.new
	mv $@.new $@
endif

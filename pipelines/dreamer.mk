# Dreamer, Algorithm 1, as a pipeline of the programs: random episodes, then round after round
# updates of the world model, updates of the behavior, episodes, and now and then an evaluation.
#
#   make -f pipelines/dreamer.mk TASK=cartpole_swingup PRESET=quick ROUNDS=20
#   make -f pipelines/dreamer.mk TASK=walker_walk PRESET=paper ROUNDS=1000 OUT=/data/walker SEED=1
#
# The programs are found on PATH. Killed in whatever way, the same command continues and ends with the
# same checkpoints and scores; a larger ROUNDS continues from a finished run. `make -n` shows what
# there is still to do. Other settings than a run was begun with are an error, unless CHANGE=yes.
#
#   TASK                a task (dr-collect --list-tasks)
#   PRESET=paper        settings: paper, paper-gr, quick, state, atari
#   SETTINGS=           settings of one's own, as --set takes them: 'model.depth=8 collect.noise=0.2'
#   ROUNDS=10           rounds in all, below 9999
#   OUT=runs/TASK-PRESET-SETTINGS-SEED   one make at a time works in it
#   SEED=0              the run's: below 200000. Round r draws its environments from SEED*10000 + r
#   KEEP=last           checkpoints that stay: those of the last round, of the last N rounds, or all
#   RENDER=exact        or fast
#   ENVS=1              environments side by side, while collecting and evaluating
#   THREADS=            of each program; all cores if empty
#   SAVE_EVERY=100      updates that a kill can cost at most
#   LOGDIR=             TensorBoard's folder, if one is wanted: runs `model` and `behavior` in it
#   CONTEXT=5 FAR=45    rows seen, rows predicted in the images; fewer where episodes are short
#   CHANGE=no           yes: continue with other settings than OUT was begun with, which run.json lists
# The schedule is the preset's (section train) unless given:
#   PREFILL, PRETRAIN, UPDATES, EPISODES, EVALUATE_EVERY, EVALUATE_EPISODES
#
# Under OUT it leaves
#   run.json            all settings
#   round-007.json      a round: frames and wall seconds so far, scores, time and output of each stage
#   round-…-model.h5, round-…-policy.h5   the checkpoints of the last rounds
#   episodes/           what was experienced; held-out/ what the last policy did, for the images
#   model.jsonl, behavior.jsonl           the metrics, see reading-metrics.md
#   curve.jsonl, curve.png                returns over frames, beside the published curve
#   open-loop.json, open-loop.mp4         the last model's predictions judged and shown
#   summary.txt         what it came to, in a few lines, which are said at the end, too
#   policy-dream.mp4, episode.mp4         what the last policy imagines; what it does

this := $(strip $(MAKEFILE_LIST))
here := $(patsubst %dreamer.mk,%,$(this))
empty :=
include $(subst $(empty) $(empty),\$(empty) $(empty),$(here))common.mk

include $(subst $(space),\$(space),$(here))task.mk
KEEP ?= last
SAVE_EVERY ?= 100

ifeq ($(or $(filter last all,$(KEEP)),$(filter-out 0,$(shell expr '$(KEEP)' : '[1-9][0-9]*$$'))),)
$(error KEEP=$(KEEP) is neither last nor all nor a number of rounds)
endif

# --- The schedule: name=number for all settings that acting and learning alternate by.
settings = dr-info --print-config --preset $(PRESET) $(call set,%)
schedule := $(shell $(settings) | jq -r '.collect + .train | to_entries[] | "\(.key)=\(.value)"')
ifeq ($(filter updates=%,$(schedule)),)
$(error no settings; dr-info and jq are to be on PATH, and PRESET=$(PRESET) and SETTINGS=$(SETTINGS) known)
endif

# --- One make at a time.
ifeq ($(filter $(OUT),$(DREAMER_HOLDS))$(looks),)
include $(subst $(space),\$(space),$(here))hold.mk
else

setting = $(patsubst $(1)=%,%,$(filter $(1)=%,$(schedule)))
PREFILL ?= $(call setting,prefill)
PRETRAIN ?= $(call setting,pretrain)
UPDATES ?= $(call setting,updates)
EPISODES ?= $(call setting,episodes)
EVALUATE_EVERY ?= $(call setting,evaluate_every)
EVALUATE_EPISODES ?= $(call setting,evaluate_episodes)

# --- What decides what is learned. It is written first, and another run is not mixed into this one.
run := $(shell $(settings) --set train.prefill=$(PREFILL) train.pretrain=$(PRETRAIN) \
    train.updates=$(UPDATES) train.episodes=$(EPISODES) train.evaluate_every=$(EVALUATE_EVERY) \
    train.evaluate_episodes=$(EVALUATE_EPISODES) | jq -c '{program: "dreamer.mk", \
    version: "$(lastword $(shell dr-info --version))", task: "$(TASK)", seed: $(SEED), \
    render: "$(RENDER)", settings: .}')
ifeq ($(run),)
$(error the schedule is not as the section train of the settings may be)
endif
include $(subst $(space),\$(space),$(here))run.mk

rounds := $(shell seq -f %03.0f 1 $(ROUNDS))
last := $(lastword 000 $(rounds))
evaluated := $(shell seq -f %03.0f 0 $(EVALUATE_EVERY) $(ROUNDS)) $(last)

# --- The programs with what they are always given.
fit := --seed $(SEED) --data $(OUT)/episodes --save-every $(SAVE_EVERY) --force $(common) \
       $(if $(LOGDIR),--logdir $(LOGDIR))
fit_model := dr-fit-model $(fit) $(call set,model.% fit_model.%)
fit_behavior := dr-fit-behavior $(fit) $(call set,behavior.%)
evaluate := dr-eval $(environments) --seed $(SEED) --episodes $(EVALUATE_EPISODES)

final := $(OUT)/round-$(last)
model := $(final)-model.h5
policy := $(final)-policy.h5
finished := $(final).json
include $(subst $(space),\$(space),$(here))pictures.mk
.PHONY: all
all: $(pictures) $(OUT)/summary.txt

# --- Rounds. Only the stamps are targets: Make asks for no checkpoint, so they may go.
# learn: the updates of a round, from the checkpoints `from` (none in the beginning).
define learn
$(stage) $(@:.json=.model) --log $(OUT)/model.jsonl $(fit_model) --updates $(1) \
  $(if $(from),--init $(from)-model.h5) --out $(@:.json=-model.h5)
$(stage) $(@:.json=.behavior) --log $(OUT)/behavior.jsonl $(fit_behavior) --updates $(1) \
  $(if $(from),--init $(from)-policy.h5) --model $(@:.json=-model.h5) --out $(@:.json=-policy.h5)
endef
# prune: all checkpoints but those of the last `KEEP` rounds are removed.
kept := $(if $(filter last,$(KEEP)),1,$(KEEP))
define prune
for kind in model policy; do printf '%s\n' $(OUT)/round-*-$$kind.h5 | \
  sort -V | head -n -$(kept) | xargs -r rm -f; done
endef
stamp = '$(here)stamp.sh' $@ '$(patsubst %,%.json,$(before))' $(call setting,action_repeat) $(TASK) $(SEED)

$(OUT)/round-000.json: | $(OUT)/run.json
	$(stage) $(@:.json=.prefill) $(collect) --policy random --episodes $(PREFILL) \
	  --seed $(call seed_of_round,0) --out $(OUT)/episodes
	$(if $(filter-out 0,$(PRETRAIN)),$(call learn,$(PRETRAIN)))
	$(stage) $(@:.json=.evaluation) $(evaluate) \
	  --policy $(if $(filter-out 0,$(PRETRAIN)),$(@:.json=-policy.h5),random)
	$(stamp) 0 $(ROUNDS)

# A round waits for the one before it, and continues from its checkpoints.
define after
$$(OUT)/round-$(1).json: $$(OUT)/round-$(2).json
$$(OUT)/round-$(1).json: before := $$(OUT)/round-$(2)
$$(OUT)/round-$(1).json: from := $(if $(filter 000-0,$(2)-$(PRETRAIN)),,$$(OUT)/round-$(2))
endef
previous := 000
$(foreach round,$(rounds),$(eval $(call after,$(round),$(previous)))$(eval previous := $(round)))

$(rounds:%=$(OUT)/round-%.json): $(OUT)/round-%.json:
	$(call learn,$(UPDATES))
	$(stage) $(@:.json=.episodes) $(collect) --policy $(@:.json=-policy.h5) \
	  --episodes $(EPISODES) --seed $(call seed_of_round,$*) --out $(OUT)/episodes
	$(if $(filter $*,$(evaluated)),$(stage) $(@:.json=.evaluation) $(evaluate) \
	  --policy $(@:.json=-policy.h5))
	$(if $(filter all,$(KEEP)),,$(prune))
	$(stamp) $* $(ROUNDS)

# --- What it came to.
$(OUT)/curve.jsonl: $(OUT)/round-000.json $(rounds:%=$(OUT)/round-%.json)
	printf '%s\n' $(OUT)/round-*.json | sort -V | \
	  xargs jq -c 'select(has("mean")) | del(.stages)' >$@.new
	mv $@.new $@
endif

# Behavior from logged episodes alone: a world model is fitted as by pretrain.mk, a behavior learned in
# its imagination without acting once, and evaluated.
#
#   make -f pipelines/offline.mk DATA=episodes TASK=cartpole_swingup PRESET=quick
#   make -f pipelines/offline.mk DATA=episodes TASK=cartpole_swingup PRESET=quick PENALTY=0 ENSEMBLE=0
#
# Where the data end the model knows nothing and imagines what it likes, and an actor finds such places.
# So the disagreement of an ensemble of one-step predictors is taken off the imagined rewards
# (behavior.disagreement_scale, PENALTY).
#
# The programs are found on PATH. Killed in whatever way, the same command continues and ends with the
# same policy and scores; a larger ROUNDS continues from a finished run. `make -n` shows what there
# is still to do. Other settings than a run was begun with are an error, unless CHANGE=yes. To go on
# acting from what it ends with:
#
#   dr-train --task TASK --init-model OUT/model/model.h5 --init-policy OUT/policy.h5 …
#
#   DATA                folders of episodes, or datasets of others: as in pretrain.mk
#   IMPORT=             options of dr-import
#   TASK=               where the policy is evaluated (dr-collect --list-tasks); empty: nowhere
#   PRESET=paper        settings: paper, paper-gr, quick, state, atari
#   SETTINGS=           settings of one's own, as --set takes them
#   PENALTY=20          behavior.disagreement_scale
#   ENSEMBLE=5          model.ensemble; 0: none, with PENALTY=0
#   OUT=runs/offline-PRESET-SETTINGS-PENALTY-SEED   one make at a time works in it
#   SEED=0
#   UPDATES=500         updates of the behavior in a round, after which it is evaluated
#   ROUNDS=10           rounds in all
#   EVALUATE_EPISODES=10
#   RENDER=exact        or fast
#   THREADS=            of each program; all cores if empty
#   SAVE_EVERY=100      updates that a kill can cost at most
#   CHANGE=no           yes: continue with other settings than OUT was begun with, which run.json lists
# MODEL_UPDATES, MODEL_ROUNDS, HELD_OUT, PATIENCE, SCORE, CONTEXT, HORIZON, STARTS and FAR are
# pretrain.mk's, of the model.
#
# Under OUT it leaves
#   run.json            all settings
#   model/              what pretrain.mk leaves: model.h5, results.md, …
#   policy.h5           the policy of the last round
#   round-007.json      a round: updates, seconds and the returns of its evaluation
#   behavior.jsonl      the metrics, see reading-metrics.md
#   curve.jsonl, curve.png   returns over updates, beside the mean return of the data

this := $(strip $(MAKEFILE_LIST))
here := $(patsubst %offline.mk,%,$(this))
empty :=
include $(subst $(empty) $(empty),\$(empty) $(empty),$(here))common.mk

IMPORT ?=
TASK ?=
PRESET ?= paper
SETTINGS ?=
PENALTY ?= 20
ENSEMBLE ?= 5
SEED ?= 0
OUT ?= runs/$(subst $(space),-,$(strip offline $(PRESET) $(SETTINGS) $(PENALTY) $(SEED)))
UPDATES ?= 500
ROUNDS ?= 10
EVALUATE_EPISODES ?= 10
RENDER ?= exact
THREADS ?=
SAVE_EVERY ?= 100
CHANGE ?= no
MODEL_UPDATES ?= 500
MODEL_ROUNDS ?= 100

.ONESHELL:

ifndef DATA
$(error DATA= is needed: a folder of episodes, such as dr-collect writes, or a dataset that dr-import reads)
endif
$(check_out)
$(call check_whole,SEED UPDATES ROUNDS ENSEMBLE)

# --set with those of the settings that are of these sections, as a program refuses others.
settings := $(SETTINGS) model.ensemble=$(ENSEMBLE) behavior.disagreement_scale=$(PENALTY)
set = $(if $(filter $(1),$(settings)),--set $(filter $(1),$(settings)))

# --- What decides what is learned. It is written first, and another run is not mixed into this one.
run := $(shell dr-info --print-config --preset $(PRESET) --set $(settings) | \
    jq -c '{program: "offline.mk", version: "$(lastword $(shell dr-info --version))", \
    task: "$(TASK)", data: "$(DATA)", import: "$(IMPORT)", seed: $(SEED), updates: $(UPDATES), \
    render: "$(RENDER)", settings: .}')
ifeq ($(run),)
$(error no settings; dr-info and jq are to be on PATH, and PRESET=$(PRESET), SETTINGS=$(SETTINGS) and PENALTY=$(PENALTY) as settings may be)
endif

# --- One make at a time.
ifeq ($(filter $(OUT),$(DREAMER_HOLDS))$(looks),)
include $(subst $(space),\$(space),$(here))hold.mk
else

include $(subst $(space),\$(space),$(here))run.mk

rounds := $(shell seq -f %03.0f 1 $(ROUNDS))
compute := --preset $(PRESET) $(if $(THREADS),--threads $(THREADS))
fit := dr-fit-behavior $(compute) --seed $(SEED) --updates $(UPDATES) --data - --force \
  --save-every $(SAVE_EVERY) --model $(OUT)/model/model.h5 $(call set,behavior.%)
evaluate := dr-eval --task $(TASK) --render $(RENDER) $(compute) --seed $(SEED) \
  --episodes $(EVALUATE_EPISODES) $(call set,collect.%)

.PHONY: all
all: $(OUT)/policy.h5 $(if $(TASK),$(OUT)/curve.png)

# The model is another pipeline, in a folder of its own, with a lock of its own.
$(OUT)/model/results.md: $(OUT)/run.json
	$(MAKE) --no-print-directory -f '$(here)pretrain.mk' DATA='$(DATA)' IMPORT='$(IMPORT)' \
	  PRESET=$(PRESET) SETTINGS='$(filter model.% fit_model.%,$(settings))' OUT=$(OUT)/model \
	  SEED=$(SEED) UPDATES=$(MODEL_UPDATES) ROUNDS=$(MODEL_ROUNDS) THREADS=$(THREADS) \
	  SAVE_EVERY=$(SAVE_EVERY) CHANGE=$(CHANGE)

# A round continues from the policy of the one before it. Only the stamps are targets.
define after
$$(OUT)/round-$(1).json: $(if $(2),$$(OUT)/round-$(2).json)
$$(OUT)/round-$(1).json: before := $(if $(2),$$(OUT)/round-$(2))
endef
previous :=
$(foreach round,$(rounds),$(eval $(call after,$(round),$(previous)))$(eval previous := $(round)))

$(rounds:%=$(OUT)/round-%.json): $(OUT)/round-%.json: | $(OUT)/model/results.md
	@policy=$(OUT)/round-$*-policy.h5
	$(stage) $(@:.json=.behavior) --log $(OUT)/behavior.jsonl $(fit) \
	  $(if $(before),--init $(before)-policy.h5) --out $$policy <$(OUT)/model/training.txt
	$(if $(TASK),$(stage) $(@:.json=.evaluation) $(evaluate) --policy $$policy)
	jq -nc --argjson round $$((10#$*)) --slurpfile fit $(@:.json=.behavior) \
	  $(if $(TASK),--slurpfile evaluation $(@:.json=.evaluation)) \
	  --slurpfile training <(xargs -d '\n' dr-info --json <$(OUT)/model/training.txt) \
	  '{round: $$round, update: ($$round * $(UPDATES)), seconds: $$fit[0].seconds} +
	   ($$ARGS.named.evaluation[0].output[0] // {} | {task, mean, ci95, std, returns} | select(.mean) // {}) +
	   ([$$training[].attributes["/"].return] | {data_mean: (add / length), data_best: max})' >$@.new
	sync $@.new
	mv $@.new $@
	rm -f $(@:.json=.behavior) $(@:.json=.evaluation) $(if $(before),$(before)-policy.h5)
	jq -r '"round \(.round): \(if .mean then "return \(.mean), " else "" end)\(.update) updates; the data have \(.data_mean)"' $@ >&2

last := $(OUT)/round-$(lastword $(rounds))
$(OUT)/policy.h5: $(last).json
	cp $(last)-policy.h5 $@.new
	sync $@.new
	mv $@.new $@

$(OUT)/curve.jsonl: $(rounds:%=$(OUT)/round-%.json)
	cat $(OUT)/round-*.json >$@.new
	mv $@.new $@

$(OUT)/curve.png: $(OUT)/curve.jsonl
	dr-render $< --plot mean,data_mean --against update --out $@ --force --quiet >/dev/null
endif

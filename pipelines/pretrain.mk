# A world model alone, from logged episodes: no environment, no simulator, no OpenGL.
#
#   make -f pipelines/pretrain.mk DATA=episodes PRESET=quick OUT=runs/logged
#
# Some episodes are held out. The model is fitted round after round and judged on them after each
# (open loop: a few rows are seen, the rest is predicted from the actions); the best one is kept, and
# the fit stops when PATIENCE rounds were no better. Then that model is judged by how far ahead it
# predicts, against baselines, and shown.
#
# The programs are found on PATH. Killed in whatever way, the same command continues and ends with the
# same model and scores; a larger ROUNDS or PATIENCE continues from a finished run. `make -n` shows
# what there is still to do. Other settings than a run was begun with are an error, unless
# CHANGE=yes. To take in new episodes, remove OUT/split.json and OUT/fit.json.
#
#   DATA                folders of episodes (how to write your own: EPISODE in man dreamer-files), or
#                       datasets of others that dr-import reads, which go to OUT/episodes first
#   IMPORT=             options of dr-import: '--image wrist --size 84'
#   PRESET=paper        settings: paper, paper-gr, quick, state, atari
#   SETTINGS=           settings of one's own, as --set takes them: 'model.depth=8 fit_model.batch=16'
#   OUT=runs/pretrain-PRESET-SETTINGS-SEED   one make at a time works in it
#   SEED=0
#   HELD_OUT=0.1        the share of episodes that is held out, at least one; drawn by name and SEED
#   UPDATES=500         updates a round
#   ROUNDS=100          rounds at most
#   PATIENCE=5          rounds without a better score after which it stops
#   SCORE=explained     what is better: more of the squared error explained, over all observations; more
#                       psnr of the image; or less reward_mae, where images hide what matters
#   CONTEXT=5 HORIZON=15 STARTS=100   rows seen, rows predicted, windows; for every evaluation;
#                       fewer rows, FAR too, where the held-out episodes are short
#   FAR=45              rows predicted in the last evaluation, and dreamed
#   THREADS=            of each program; all cores if empty
#   SAVE_EVERY=100      updates that a kill can cost at most
#   LOGDIR=             TensorBoard's folder, if one is wanted: the run `model` in it
#   CHANGE=no           yes: continue with other settings than OUT was begun with, which run.json lists
#
# Under OUT it leaves
#   run.json            all settings
#   episodes, import.json   what was imported
#   model.h5            the best model; fit.json names its round
#   training.txt, held-out.txt   the episodes; held-out.txt can be given to --data - of any program
#   round-007.json      a round: updates, seconds, scores (scores.jsonl, scores.png: of all)
#   model.jsonl         the metrics, see reading-metrics.md
#   evaluation.json, horizon.png   the prediction by horizon, against the baselines
#   evaluation-training.json       the same of episodes that it learned from
#   open-loop.mp4, open-loop.png   truth, prediction and error
#   results.md          all of it on a page, with a verdict
#
# Data without rewards (SETTINGS='model.reward_head=false') make a model that predicts none.

this := $(strip $(MAKEFILE_LIST))
here := $(patsubst %pretrain.mk,%,$(this))
empty :=
include $(subst $(empty) $(empty),\$(empty) $(empty),$(here))common.mk

IMPORT ?=
PRESET ?= paper
SETTINGS ?=
SEED ?= 0
OUT ?= runs/$(subst $(space),-,$(strip pretrain $(PRESET) $(SETTINGS) $(SEED)))
HELD_OUT ?= 0.1
UPDATES ?= 500
ROUNDS ?= 100
PATIENCE ?= 5
SCORE ?= explained
CONTEXT ?= 5
HORIZON ?= 15
STARTS ?= 100
FAR ?= 45
THREADS ?=
SAVE_EVERY ?= 100
LOGDIR ?=
CHANGE ?= no

.ONESHELL:

ifndef DATA
$(error DATA= is needed: a folder of episodes, such as dr-collect writes, or a dataset that dr-import reads)
endif
ifeq ($(filter explained psnr reward_mae,$(SCORE)),)
$(error SCORE=$(SCORE) is none of explained, psnr and reward_mae)
endif
ifneq ($(filter-out model.% fit_model.%,$(SETTINGS)),)
$(error SETTINGS: $(filter-out model.% fit_model.%,$(SETTINGS)): a world model alone has no use for these)
endif
$(check_out)
$(call check_whole,SEED UPDATES ROUNDS PATIENCE CONTEXT HORIZON STARTS FAR)

# --- What decides what is learned. It is written first, and another run is not mixed into this one.
run := $(shell dr-info --print-config --preset $(PRESET) $(if $(SETTINGS),--set $(SETTINGS)) | \
    jq -c '{program: "pretrain.mk", version: "$(lastword $(shell dr-info --version))", \
    data: "$(DATA)", import: "$(IMPORT)", held_out: $(HELD_OUT), seed: $(SEED), updates: $(UPDATES), score: "$(SCORE)", \
    context: $(CONTEXT), horizon: $(HORIZON), starts: $(STARTS), far: $(FAR), \
    settings: {model, fit_model}}')
ifeq ($(run),)
$(error no settings; dr-info and jq are to be on PATH, and PRESET=$(PRESET) and SETTINGS=$(SETTINGS) known)
endif

# --- One make at a time.
ifeq ($(filter $(OUT),$(DREAMER_HOLDS))$(looks),)
include $(subst $(space),\$(space),$(here))hold.mk
else

include $(subst $(space),\$(space),$(here))run.mk

compute := $(if $(THREADS),--threads $(THREADS))
fit := dr-fit-model --preset $(PRESET) --seed $(SEED) --updates $(UPDATES) --data - --force \
  --save-every $(SAVE_EVERY) $(compute) $(if $(LOGDIR),--logdir $(LOGDIR)) $(if $(SETTINGS),--set $(SETTINGS))
judge := dr-eval --data - --seed $(SEED) --starts $(STARTS) --quiet $(compute)
# horizon: so many rows ahead, as far as the held-out episodes reach.
horizon = $$('$(here)horizon.sh' $(CONTEXT) $(1) <$(OUT)/held-out.txt)
better := $(if $(filter reward_mae,$(SCORE)),<,>)

.PHONY: all
all: $(addprefix $(OUT)/,scores.png evaluation.json horizon.png open-loop.mp4 open-loop.png results.md)

# The episodes: DATA, or what is imported from it.
format := $(shell find -L $(DATA) -maxdepth 1 -name '*.h5' ! -name '.*' 2>/dev/null | head -n 1 | \
    xargs -r dr-info --json 2>/dev/null | jq -r .format)
foreign := $(if $(filter dreamer.episode,$(format)),,$(wildcard $(addsuffix /*,$(DATA))) \
    $(foreach data,$(DATA),$(if $(wildcard $(data)/.),,$(wildcard $(data)))))
foreign := $(strip $(foreign))
episodes := $(if $(foreign),$(OUT)/episodes,$(DATA))
$(OUT)/import.json: | $(OUT)/run.json
	dr-import $(DATA) --out $(OUT)/episodes $(IMPORT) >$@.new
	mv $@.new $@

# The names decide, with SEED: not the order in which the folder lists them, nor where it lies.
$(OUT)/split.json: | $(OUT)/run.json $(if $(foreign),$(OUT)/import.json)
	find -L $(episodes) -maxdepth 1 -name '*.h5' ! -name '.*' ! -name '*.resume.h5' -printf '%f\t%p\n' |
	  sort -t $$'\t' -k 1,1R -k 2,2 --random-source=<(yes $(SEED)) | cut -f 2 >$(OUT)/drawn.txt
	episodes=$$(wc -l <$(OUT)/drawn.txt)
	[ $$episodes -ge 2 ] || { echo >&2 "pretrain.mk: $(episodes): $$episodes episodes (*.h5); two are needed at least, one to hold out"; exit 1; }
	held_out=$$(awk -v n=$$episodes 'BEGIN { k = int(n * $(HELD_OUT) + 0.5); print k < 1 ? 1 : k < n ? k : n - 1 }')
	head -n $$held_out $(OUT)/drawn.txt | sort >$(OUT)/held-out.txt
	tail -n +$$((held_out + 1)) $(OUT)/drawn.txt | sort >$(OUT)/training.txt
	rm $(OUT)/drawn.txt
	echo "{\"training\":$$((episodes - held_out)),\"held_out\":$$held_out}" >$@.new
	mv $@.new $@

# How many rounds there will be shows on the way, so they are one target. What there is to know of
# the past is in the stamps: a run that was killed reads them again and continues, and so does one that
# was ended by fewer ROUNDS or less PATIENCE.
ended := $(if $(wildcard $(OUT)/fit.json),$(shell jq '.rounds >= $(ROUNDS) or .rounds - .best >= $(PATIENCE)' $(OUT)/fit.json))
$(OUT)/fit.json: $(OUT)/split.json $(if $(filter false,$(ended)),force)
	@last= best= best_score=
	horizon="$(call horizon,$(HORIZON))"
	for round in $$(seq -f %03.0f $(ROUNDS)); do
	  this=$(OUT)/round-$$round
	  if [ ! -e $$this.json ]; then
	    $(stage) $$this.model --log $(OUT)/model.jsonl $(fit) $${last:+--init $$last-model.h5} \
	      --out $$this-model.h5 <$(OUT)/training.txt
	    $(stage) $$this.evaluation $(judge) --model $$this-model.h5 $$horizon <$(OUT)/held-out.txt
	    jq -c --argjson round $$((10#$$round)) --slurpfile fit $$this.model '{round: $$round,
	      update: ($$round * $(UPDATES)), seconds: $$fit[0].seconds} + (.output[0] | del(.by_horizon))' $$this.evaluation >$$this.new
	    sync $$this.new
	    mv $$this.new $$this.json
	  fi
	  rm -f $$this.model $$this.evaluation
	  earlier="$$last $$best" last=$$this
	  score=$$(jq .$(SCORE) $$this.json)
	  [ "$$score" != null ] || { echo >&2 "pretrain.mk: SCORE=$(SCORE): the model predicts no such thing; SCORE=explained fits any data"; exit 1; }
	  if [ -z "$$best" ] || jq -en "$$score $(better) $$best_score" >/dev/null; then
	    best=$$this best_score=$$score best_round=$$((10#$$round))
	  fi
	  echo "round $$((10#$$round)): $(SCORE) $$score on held-out episodes; best $$best_score in round $$best_round" >&2
	  for old in $$earlier; do  # the last one and the best one stay
	    [ $$old = $$best ] || rm -f $$old-model.h5
	  done
	  [ $$((10#$$round - best_round)) -lt $(PATIENCE) ] || break
	done
	cp $$best-model.h5 $(OUT)/model.h5.new
	sync $(OUT)/model.h5.new
	mv $(OUT)/model.h5.new $(OUT)/model.h5
	echo "{\"best\":$$best_round,\"rounds\":$$((10#$$round)),\"$(SCORE)\":$$best_score}" >$@.new
	mv $@.new $@

# figures: what of a model's evaluations can be plotted, each beside its baselines.
figures = $$(head -n 1 $(1) | jq -r '[["psnr,psnr_repeat_last,psnr_mean_frame", "explained", \
  "reward_mae,reward_mae_repeat_last,reward_mae_mean"][] as $$p | \
  select(has($$p / "," | first)) | $$p] | join(" ")')

$(OUT)/scores.png: $(OUT)/fit.json
	cat $(OUT)/round-*.json >$(OUT)/scores.jsonl
	dr-render $(OUT)/scores.jsonl --plot $(call figures,$(OUT)/scores.jsonl) --out $@ --force --quiet >/dev/null

$(OUT)/evaluation.json $(OUT)/evaluation-training.json: $(OUT)/fit.json $(OUT)/run.json
	$(judge) --model $(OUT)/model.h5 $(call horizon,$(FAR)) \
	  <$(OUT)/$(if $(findstring training,$@),training,held-out).txt >$@.new
	mv $@.new $@

$(OUT)/horizon.png: $(OUT)/evaluation.json
	dr-render $< --plot $(call figures,$<) --out $@ --force --quiet >/dev/null

$(OUT)/open-loop.h5: $(OUT)/fit.json $(OUT)/run.json
	dr-imagine --model $(OUT)/model.h5 --data - --seed $(SEED) --starts 3 \
	  $(call horizon,$(FAR)) $(compute) --out $@ --force --quiet <$(OUT)/held-out.txt >/dev/null

$(OUT)/open-loop.mp4 $(OUT)/open-loop.png: $(OUT)/open-loop.h5
	dr-render $< $(if $(findstring mp4,$@),--overlay) --out $@ --force --quiet >/dev/null
# The verdict is said at the end, too.
$(OUT)/results.md: $(addprefix $(OUT)/,evaluation.json evaluation-training.json scores.png horizon.png open-loop.png open-loop.mp4)
	@jq -nr -f '$(here)pretrain-results.jq' --argjson run '$(run)' \
	  --argjson folders "$$(dr-info --json $(episodes) | jq -s 'map(select(.folder))')" \
	  $(foreach part,split fit,--argjson $(part) "$$(cat $(OUT)/$(part).json)") \
	  --argjson unseen "$$(cat $(OUT)/evaluation.json)" --argjson seen "$$(cat $(OUT)/evaluation-training.json)" \
	  --argjson last "$$(tail -n 1 $(OUT)/model.jsonl)" >$@.new
	mv $@.new $@
	grep '^\*\*' $@ | tr -d '*' >&2
	echo >&2 "$@ shows it"
endif

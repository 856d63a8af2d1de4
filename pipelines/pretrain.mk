# A world model alone, from logged episodes: no environment, no simulator, no OpenGL.
#
#   make -f pipelines/pretrain.mk DATA=episodes PRESET=quick OUT=runs/logged
#
# Some episodes are held out. The model is fitted round after round and judged on them after each
# (open loop: a few rows are seen, the rest is predicted from the actions); the best one is kept, and
# the fit stops when PATIENCE rounds were no better. Then that model is judged by how far ahead it
# predicts, against baselines, and shown.
#
# The programs are found on PATH. Killed in whatever way, the same command goes on and ends with the
# same model and scores. `make -n` shows what there is still to do. To go on after the end with more
# ROUNDS or PATIENCE, or to take in new episodes: remove OUT/fit.json, or OUT/split.json.
#
#   DATA                folders of episodes (dr-import makes them of other people's data)
#   PRESET=paper        settings: paper, paper-gr, quick
#   SETTINGS=           settings of one's own, as --set takes them: 'model.depth=8 fit_model.batch=16'
#   OUT=runs/pretrain-PRESET-SEED
#   SEED=0
#   HELD_OUT=0.1        the share of episodes that is held out, at least one; drawn by name and SEED
#   UPDATES=500         updates a round
#   ROUNDS=100          rounds at most
#   PATIENCE=5          rounds without a better score after which it stops
#   SCORE=psnr          what is better: more psnr, or less reward_mae where pictures hide what matters
#   CONTEXT=5 HORIZON=15 STARTS=100   rows seen, rows predicted, windows; for every evaluation
#   FAR=45              rows predicted in the last evaluation, and dreamed
#   THREADS=            of each program; all cores if empty
#   SAVE_EVERY=100      updates that a kill can cost at most
#   LOGDIR=             TensorBoard's folder, if one is wanted
#
# Under OUT it leaves
#   model.h5            the best model; fit.json tells of which round
#   training.txt, held-out.txt   the episodes; held-out.txt can be given to --data - of any program
#   round-007.json      a round: updates, seconds, scores (scores.jsonl, scores.png: of all)
#   model.jsonl         the metrics, see reading-metrics.md
#   evaluation.json, horizon.png   the prediction by horizon, against the baselines
#   open-loop.mp4, open-loop.png   truth, prediction and error

PRESET ?= paper
SETTINGS ?=
SEED ?= 0
OUT ?= runs/pretrain-$(PRESET)-$(SEED)
HELD_OUT ?= 0.1
UPDATES ?= 500
ROUNDS ?= 100
PATIENCE ?= 5
SCORE ?= psnr
CONTEXT ?= 5
HORIZON ?= 15
STARTS ?= 100
FAR ?= 45
THREADS ?=
SAVE_EVERY ?= 100
LOGDIR ?=

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export LC_ALL := C
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.ONESHELL:
.DELETE_ON_ERROR:
.NOTPARALLEL:  # each program takes the cores it is given; two would slow each other

ifndef DATA
$(error DATA= is needed: a folder of episodes, such as dr-collect and dr-import write)
endif
ifeq ($(filter psnr reward_mae,$(SCORE)),)
$(error SCORE=$(SCORE) is neither psnr nor reward_mae)
endif
ifneq ($(filter-out model.% fit_model.%,$(SETTINGS)),)
$(error SETTINGS: $(filter-out model.% fit_model.%,$(SETTINGS)): a world model alone has no use for these)
endif

stage := $(dir $(lastword $(MAKEFILE_LIST)))stage.sh
compute := $(if $(THREADS),--threads $(THREADS))
fit := dr-fit-model --preset $(PRESET) --seed $(SEED) --updates $(UPDATES) --data - --force \
  --save-every $(SAVE_EVERY) $(compute) $(if $(LOGDIR),--logdir $(LOGDIR)) $(if $(SETTINGS),--set $(SETTINGS))
judge := dr-eval --data - --seed $(SEED) --starts $(STARTS) --context $(CONTEXT) --quiet $(compute)
better := $(if $(filter psnr,$(SCORE)),>,<)

.PHONY: all
all: $(addprefix $(OUT)/,scores.png evaluation.json horizon.png open-loop.mp4 open-loop.png)

# The names decide, with SEED: not the order in which the folder lists them, nor where it lies.
$(OUT)/split.json:
	@mkdir -p $(OUT)
	find -L $(DATA) -maxdepth 1 -name '*.h5' ! -name '.*' ! -name '*.resume.h5' -printf '%f\t%p\n' |
	  sort -t $$'\t' -k 1,1R -k 2,2 --random-source=<(yes $(SEED)) | cut -f 2 >$(OUT)/drawn.txt
	episodes=$$(wc -l <$(OUT)/drawn.txt)
	[ $$episodes -ge 2 ] || { echo >&2 "pretrain.mk: $(DATA): $$episodes episodes (*.h5); two are needed at least, one to hold out"; exit 1; }
	held_out=$$(awk -v n=$$episodes 'BEGIN { k = int(n * $(HELD_OUT) + 0.5); print k < 1 ? 1 : k < n ? k : n - 1 }')
	head -n $$held_out $(OUT)/drawn.txt | sort >$(OUT)/held-out.txt
	tail -n +$$((held_out + 1)) $(OUT)/drawn.txt | sort >$(OUT)/training.txt
	rm $(OUT)/drawn.txt
	echo "{\"training\":$$((episodes - held_out)),\"held_out\":$$held_out}" >$@.new
	mv $@.new $@

# How many rounds there will be shows on the way, so they are one target. What there is to know of
# the past is in the stamps: a run that was killed reads them again and goes on.
$(OUT)/fit.json: $(OUT)/split.json
	@last= best= best_score=
	for round in $$(seq -f %03.0f $(ROUNDS)); do
	  this=$(OUT)/round-$$round
	  if [ ! -e $$this.json ]; then
	    $(stage) $$this.model --log $(OUT)/model.jsonl $(fit) $${last:+--init $$last-model.h5} \
	      --out $$this-model.h5 <$(OUT)/training.txt
	    $(stage) $$this.evaluation $(judge) --model $$this-model.h5 --horizon $(HORIZON) <$(OUT)/held-out.txt
	    seconds=$$(sed 's/^{"seconds":\([0-9.]*\).*/\1/' $$this.model)
	    scores=$$(sed 's/.*"output":\[{\(.*\),"by_horizon":.*/\1/' $$this.evaluation)
	    echo "{\"round\":$$((10#$$round)),\"update\":$$((10#$$round * $(UPDATES))),\"seconds\":$$seconds,$$scores}" >$$this.new
	    sync $$this.new
	    mv $$this.new $$this.json
	  fi
	  rm -f $$this.model $$this.evaluation
	  earlier="$$last $$best" last=$$this
	  score=$$(grep -o '"$(SCORE)":[-0-9.e+]*' $$this.json | cut -d : -f 2)
	  if [ -z "$$best" ] || awk -v a=$$score -v b=$$best_score 'BEGIN { exit !(a $(better) b) }'; then
	    best=$$this best_score=$$score best_round=$$((10#$$round))
	  fi
	  echo "round $$((10#$$round)): $(SCORE) $$score on held-out episodes; best $$best_score in round $$best_round" >&2
	  for old in $$earlier; do  # the last one and the best one stay
	    [ $$old = $$best ] || rm -f $$old-model.h5
	  done
	  [ $$((10#$$round - best_round)) -lt $(PATIENCE) ] || break
	done
	cp $$best-model.h5 $(OUT)/model.h5.new
	mv $(OUT)/model.h5.new $(OUT)/model.h5
	echo "{\"best\":$$best_round,\"rounds\":$$((10#$$round)),\"$(SCORE)\":$$best_score}" >$@.new
	mv $@.new $@

$(OUT)/scores.png: $(OUT)/fit.json
	cat $(OUT)/round-*.json >$(OUT)/scores.jsonl
	dr-render $(OUT)/scores.jsonl --plot psnr,psnr_repeat_last,psnr_mean_frame \
	  reward_mae,reward_mae_repeat_last,reward_mae_mean --out $@ --force --quiet >/dev/null

$(OUT)/evaluation.json: $(OUT)/fit.json
	$(judge) --model $(OUT)/model.h5 --horizon $(FAR) <$(OUT)/held-out.txt >$@.new
	mv $@.new $@

$(OUT)/horizon.png: $(OUT)/evaluation.json
	dr-render $< --plot psnr,psnr_repeat_last,psnr_mean_frame \
	  reward_mae,reward_mae_repeat_last,reward_mae_mean --out $@ --force --quiet >/dev/null

$(OUT)/open-loop.h5: $(OUT)/fit.json
	dr-imagine --model $(OUT)/model.h5 --data - --seed $(SEED) --starts 3 --context $(CONTEXT) \
	  --horizon $(FAR) $(compute) --out $@ --force --quiet <$(OUT)/held-out.txt

$(OUT)/open-loop.mp4 $(OUT)/open-loop.png: $(OUT)/open-loop.h5
	dr-render $< $(if $(findstring mp4,$@),--overlay) --out $@ --force --quiet >/dev/null

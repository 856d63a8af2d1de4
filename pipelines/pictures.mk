# What a run in an environment has come to, in pictures, for dreamer.mk and train.mk, which give
# `model` and `policy`, the last checkpoints, and `finished`, the target that stands for them.

pictures := $(addprefix $(OUT)/,curve.png open-loop.json open-loop.mp4 policy-dream.mp4 episode.mp4)

$(OUT)/summary.txt: $(pictures)
	jq -r -f '$(here)summary.jq' --argjson run "$$(dr-info --json --runs $(OUT))" \
	  $(OUT)/open-loop.json >$@.new
	mv $@.new $@
	sed 's,^,$(OUT): ,' $@

$(OUT)/curve.png: $(OUT)/curve.jsonl
	dr-render $< --out $@ --force --quiet >/dev/null

# Episodes that nothing was learned from.
$(OUT)/held-out.json: $(finished) $(OUT)/run.json
	rm -f $@
	$(stage) $@ $(collect) --policy $(policy) --episodes 2 --force \
	  --seed $(call seed_of_round,9999) --out $(OUT)/held-out

# horizon: so many rows ahead, as far as the episodes reach.
horizon = $$(ls $(OUT)/held-out/*.h5 | '$(here)horizon.sh' $(CONTEXT) $(1))

$(OUT)/open-loop.json: $(OUT)/held-out.json
	dr-eval --model $(model) --data $(OUT)/held-out --quiet $(call horizon,15) >$@.new
	mv $@.new $@

$(OUT)/open-loop.h5 $(OUT)/policy-dream.h5: $(OUT)/held-out.json
	dr-imagine --model $(model) --data $(OUT)/held-out --seed $(SEED) --force --quiet \
	  $(if $(findstring policy,$@),--policy $(policy) --starts 9 --horizon $(FAR) \
	    $(call horizon,0),--starts 3 $(call horizon,$(FAR))) --out $@ >/dev/null

$(OUT)/%.mp4: $(OUT)/%.h5
	dr-render $< --overlay --out $@ --force --quiet >/dev/null

$(OUT)/episode.mp4: $(finished) $(OUT)/run.json
	dr-eval $(environments) --seed $(SEED) --policy $(policy) --episodes 1 --video $@ --force >/dev/null

# OUT/run.json: all settings of a run, written before anything is learned. For dreamer.mk and
# pretrain.mk, which give `run`, OUT, CHANGE and `here`.
#
# A run is not continued with other settings unless CHANGE=yes; then run.json keeps those until then
# under "earlier".

changed := $(if $(wildcard $(OUT)/run.json),$(shell jq -r --argjson now '$(run)' -f '$(here)changed.jq' $(OUT)/run.json))
ifneq ($(changed),)
ifneq ($(CHANGE),yes)
$(error $(OUT) was begun with $(changed). Give another OUT=, or CHANGE=yes to go on with these)
endif
endif

# Of $now and of $was[0], if there was any.
record := $$now + ($$was[0] | if . then {earlier: ((.earlier // []) + [del(.earlier) + {until: (now | todate)}])} else {} end)
.PHONY: force
$(OUT)/run.json: $(if $(changed),force)
	@mkdir -p $(OUT); jq -n --argjson now '$(run)' --slurpfile was <(cat $@ 2>/dev/null) '$(record)' >$@.new; mv $@.new $@

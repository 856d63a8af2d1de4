# One make at a time works in OUT: this one runs itself again with the lock of OUT, and then does not
# come here. `make -n` needs no lock. `flags` are of that make alone.
.PHONY: $(or $(MAKECMDGOALS),all) held
$(or $(MAKECMDGOALS),all): held ;
held:
	+@'$(here)hold.sh' $(lastword $(notdir $(this))) $(OUT) env -u MAKELEVEL $(MAKE) $(flags) -f '$(this)' $(MAKECMDGOALS)

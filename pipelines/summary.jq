# What a run in an environment came to, in lines for people.
#
#   jq -r -f summary.jq --argjson run "$(dr-info --json --runs OUT)" OUT/open-loop.json

def brief: if . == null then "-" elif (fabs) >= 100 then (. * 10 | round / 10 | tostring)
           else (. * 1000 | round / 1000 | tostring) end;
# The prediction of a quantity beside its baselines; a model worse than a constant is of no use.
def beside($name; $unit; $value; $repeat; $constant; $better):
  if $value == null then empty else
  "\($name) \($value | brief)\($unit); repeating the last \($repeat | brief), a constant \($constant | brief)"
  + (if ($constant != null) and ($value - $constant) * $better < 0
     then ": WORSE than a constant (reading-metrics.md)" else "" end) end;
def several($n; $word): "\($n) \($word)" + (if $n == 1 then "" else "s" end);

"return \($run.last | brief)"
+ (if $run.ci95 then " [\($run.ci95[0] | brief), \($run.ci95[1] | brief)]" else "" end)
+ " at \($run.frames) frames"
+ (if $run.published then " (published \($run.published | brief))" else "" end)
+ ", best \($run.best | brief), \($run.minutes | round) min",
"\(several(.horizon; "row")) ahead, on episodes that it has not seen:",
beside("  images"; " dB"; .psnr; .psnr_repeat_last; .psnr_mean_frame; 1),
beside("  reward error"; ""; .reward_mae; .reward_mae_repeat_last; .reward_mae_mean; -1)

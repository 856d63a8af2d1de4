# The page that a pretraining ends with, as Markdown: what the data are, how far ahead the model
# predicts, beside the baselines, and where it does not, the likely reason. For pretrain.mk, which
# gives $run (run.json), $folders (dr-info of the episodes), $split, $fit, $seen and $unseen (dr-eval of
# training and held-out episodes) and $last (the last line of model.jsonl).

def round2: if . == null then "" elif fabs >= 100 then round else (. * 100 | round / 100) end;
def share: "\((. * 100 | round) + 0) %";
def row(cells): "| \(cells | map(tostring) | join(" | ")) |";

# What is predicted: name, unit, whether more is better, and the names of its figures.
def image(place): {unit: "PSNR, dB", sign: 1, place: place, model: "psnr",
                   last: "psnr_repeat_last", mean: "psnr_mean_frame"};
def vector(place): {unit: "error, standard deviations", sign: -1, place: place, model: "rmse",
                    last: "rmse_repeat_last", mean: "rmse_mean"};
def reward: {name: "reward", unit: "mean absolute error", sign: -1, place: [], model: "reward_mae",
             last: "reward_mae_repeat_last", mean: "reward_mae_mean"};
def quantities:
  [(select(has("psnr")) | image([]) + {name: "image"}),
   (.observations // {} | to_entries[] | .key as $name |
    (if .value | has("psnr") then image(["observations", $name]) else vector(["observations", $name]) end)
    + {name: $name}),
   (select(has("reward_mae")) | reward)];

# The figures of a quantity by step: [{model, last, mean}].
def curve(quantity; summary):
  (summary | getpath(quantity.place) | .by_horizon) as $h |
  [range($h[quantity.model] | length) |
   {model: $h[quantity.model][.], last: $h[quantity.last][.], mean: $h[quantity.mean][.]}];
def beats(sign): .model * sign > .last * sign and .model * sign > .mean * sign;
# Steps from the first on at which the model is better than both baselines.
def reach(sign): (map(beats(sign)) | index(false)) // length;

# Several folders as one.
($folders | {episodes: (map(.episodes) | add), steps: (map(.steps) | add),
             shortest: (map(.length.min) | min), longest: (map(.length.max) | max),
             returns: (map(.return | select(.)) |
                       if . == [] then null else [(map(.min) | min), (map(.max) | max)] end)}) as $data |

($unseen | quantities) as $quantities |
([15, $unseen.horizon] | min) as $at |
[$quantities[] | . as $q | curve($q; $unseen) as $c |
  {q: $q, near: $c[$at - 1], far: $c[-1], reach: ($c | reach($q.sign)), first: $c[0]}] as $rows |
[$rows[] | .q.sign as $sign | select(.near | beats($sign) | not)] as $poor |

# The rules of reading-metrics.md, in its order.
[ (select($last.free_nats_fraction > 0.9) |
   "The KL of \($last.free_nats_fraction | share) of the states lies below the free nats, so the prior learns nothing: more updates, fewer `model.free_nats`, images in which what moves counts for more (reading-metrics.md, KL below the free nats)."),
  (select($seen.explained - $unseen.explained > 0.2) |
   "It predicts the episodes that it learned from much better (\($seen.explained | share) of the squared error explained) than those held out (\($unseen.explained | share)): more episodes, or a smaller model (reading-metrics.md, overfitting)."),
  (select($fit.best == $fit.rounds) |
   "It was still getting better in the last round: a larger ROUNDS or PATIENCE goes on from here."),
  (select(any($poor[]; .q.sign as $sign | .first | beats($sign))) |
   "The first step is right and later ones drift off: a larger `model.kl_scale` (reading-metrics.md, open-loop drift)."),
  "Nothing in the metrics tells why. Longer training, more data or a larger model are what is left; or the actions do not decide what is seen next."
] as $reasons |

"# World model of \($unseen.task)\n",
"\($data.episodes) episodes, \($data.steps) steps"
+ ", episodes of \($data.shortest) to \($data.longest) rows"
+ (if $data.returns == null then "; no rewards were logged"
   else "; returns from \($data.returns[0] | round2) to \($data.returns[1] | round2)" end)
+ ". Observations: \([$quantities[] | select(.name != "reward") | .name] | join(", ")). \($split.training) episodes were learned from, \($split.held_out) held out. From `\($run.data)`.\n",
"The model of round \($fit.best) of \($fit.rounds), after \($fit.best * $run.updates) updates, sees \($unseen.context) rows and predicts \($unseen.horizon) more from the actions alone. On held-out episodes:\n",
row(["", "", "model", "repeat last", "mean", "model at \($unseen.horizon)", "better than both for"]),
row(["---", "---", "---", "---", "---", "---", "---"]),
($rows[] | row([.q.name, .q.unit, (.near.model | round2), (.near.last | round2),
                (.near.mean | round2), (.far.model | round2),
                (if .reach == 0 then "no step" elif .reach == 1 then "1 step" else "\(.reach) steps" end)])),
"\nFigures at \($at) steps; of the squared error of the mean, \($unseen.explained | share) explained over all \($unseen.horizon) steps (\($seen.explained | share) on episodes that it learned from).\n",
(if ($poor | length) == 0 then
   "**It predicts \([$quantities[].name] | join(", ")) better than repeating the last row and than the mean, \($at) steps ahead.**\n"
 else
   "**At \($at) steps it predicts \([$poor[].q.name] | join(", ")) no better than the baselines.** The likely reason: \($reasons[0])\n"
 end),
"![truth and prediction](open-loop.png)\n\n*Three starts in held-out episodes, beside what was true; [as a video](open-loop.mp4).*\n",
"![by horizon](horizon.png)\n\n*By step of the horizon.*\n",
"![by round](scores.png)\n\n*By round.*\n",
"`model.h5` is the model, `run.json` its settings, `model.jsonl` its metrics; `dr-info model.h5` shows the command that made it."

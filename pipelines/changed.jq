# What a run was begun with and is not continued with: of two run.json files, the earlier one as
# input and the present one as $now. One line for people; nothing where they agree.
#
#   jq -r --argjson now "$(cat new.json)" -f changed.jq run.json

# How often and how long it is evaluated changes nothing that is learned.
#
# {"settings":{"model":{"depth":8},"train":{"updates":5}},"seed":0} ->
# {"model.depth":8,"UPDATES":5,"SEED":0}: each by the name under which it was given
def given:
  . as $run
  | [del(.version, .earlier, .settings.train.evaluate_every, .settings.train.evaluate_episodes)
     | paths(type != "object")]
  | map({key: (if .[0] != "settings" then .[0] | ascii_upcase
               elif .[1] == "train" then .[2] | ascii_upcase
               else .[1:] | join(".") end),
         value: (. as $path | $run | getpath($path))})
  | from_entries;
def described($names): . as $values
  | [$names[:6][] | "\(.)=\($values[.])"] | join(", ");

given as $was | ($now | given) as $is
| [$was + $is | keys_unsorted[] | select($was[.] != $is[.])] as $names
| select($names != [])
| ($was | described($names)) + "; now " + ($is | described($names))
  + (if ($names | length) > 6 then ", and \(($names | length) - 6) more" else "" end)

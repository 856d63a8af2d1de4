"""Which programs read which kind of file: command lines, as a user would type them."""

import corpus

FILE = "mutated.h5"  # the name of the changed file in the working folder, with the kind's ending
# Of these a run may leave its unfinished work, when it says so.
UNFINISHED = ("out.resume.h5", "out.nonfinite.h5")


def name_of(kind):
    return {"fit_resume": "out.resume.h5", "behavior_resume": "out.resume.h5",
            "config": "mutated.json",
            "curve": "mutated.jsonl", "metrics": "mutated.jsonl", "evaluation": "mutated.json",
            "list": "mutated.txt", "logged_d4rl": "mutated.hdf5", "logged_minari": "mutated.hdf5",
            "logged_npz": "mutated.npz"}.get(kind, inside(kind) or FILE)


def folder_of(kind):
    """The name of the folder that a file of this kind needs around it; None where it needs none."""
    if kind not in corpus.FOLDERS:
        return None
    return "out" if kind == "train_resume" else "data"


def inside(kind):
    if not folder_of(kind):
        return None
    below = corpus.KINDS[kind].removeprefix(corpus.FOLDERS[kind] + "/")
    return f"{folder_of(kind)}/{below}"


def commands(kind):
    """[(weight, command)]. A command with "<" before a file reads it as standard input."""
    name = name_of(kind)
    settings, starts = corpus.SETTINGS, corpus.STARTS
    fit = ["--updates", "1", "--out", "out.h5", *settings]
    model = ["--model", "good/model.h5"]
    data = ["--data", "good/episodes"]
    info = [(4, ["dr-info", "--check", name]), (2, ["dr-info", name]),
            (2, ["dr-info", "--json", name]), (1, ["dr-info", "--check", "--json", name])]

    def render(*options, out="out.png"):
        return ["dr-render", name, "--out", out, *options]

    def imports(source):
        return [(3, ["dr-import", source, "--out", "out"]), (1, ["dr-import", source, "--list"]),
                (1, ["dr-import", source, "--out", "out", "--skip-bad", "--threads", "2"])]

    images = [(2, render()), (1, render("--overlay")), (1, render(out="out.mp4")),
                (1, render("--overlay", out="out.gif")), (1, render("--scale", "2", "--columns", "3"))]
    acting = ["--episodes", "1", "--threads", "1", "--config", "good/config.json"]
    table = {
        "episode": info + images + [
            (1, render("--row", "3")), (1, render("--size", "32", "--render", "fast")),
            (2, ["dr-collect", "--reenact", name, "--out", "out", "--render", "none"]),
            (1, ["dr-collect", "--rerender", name, "--out", "out", "--render", "fast"]),
            (1, ["dr-export", name, "--format", "minari", "--out", "out-v0"]),
            (1, ["dr-export", name, "--format", "dreamer", "--out", "out"]),
            (2, ["dr-fit-model", "--data", name, *fit]),
            (2, ["dr-fit-model", "--data", "good/episodes", name, *fit]),
            (1, ["dr-fit-behavior", *model, "--data", name, *fit]),
            (1, ["dr-imagine", *model, "--data", name, "--out", "out.h5", *starts]),
            (1, ["dr-eval", *model, "--data", name, *starts]),
            (1, ["dr-train", *corpus.TASK, "--rounds", "1", "--data", name, "--out", "out",
                 *settings])],
        "vectors": info + [
            (2, ["dr-collect", "--reenact", name, "--out", "out", "--render", "none"]),
            (3, ["dr-fit-model", "--data", name, *fit]),
            (2, ["dr-fit-model", "--data", "good/vectors", name, *fit]),
            (2, ["dr-imagine", "--model", "good/vector-model.h5", "--data", name, "--out",
                 "out.h5", *starts]),
            (2, ["dr-eval", "--model", "good/vector-model.h5", "--data", name, *starts])],
        "vector_model": info + [
            (2, ["dr-imagine", "--model", name, "--data", "good/vectors", "--out", "out.h5",
                 *starts]),
            (1, ["dr-eval", "--model", name, "--data", "good/vectors", *starts]),
            (1, ["dr-fit-behavior", "--model", name, "--data", "good/vectors", *fit]),
            (2, ["dr-fit-model", "--init", name, "--data", "good/vectors", *fit])],
        "vector_dream": info + images,
        "model": info + [
            (2, ["dr-imagine", "--model", name, *data, "--out", "out.h5", *starts]),
            (1, ["dr-eval", "--model", name, *data, *starts]),
            (1, ["dr-fit-behavior", "--model", name, *data, *fit]),
            (2, ["dr-fit-model", "--init", name, *data, *fit]),
            (1, ["dr-train", *corpus.TASK, "--rounds", "1", "--init-model", name, "--out", "out",
                 *settings])],
        "policy": info + [
            (2, ["dr-export", name, "--format", "onnx", "--out", "out.onnx"]),
            (2, ["dr-collect", *corpus.TASK, "--policy", name, "--out", "out", *acting]),
            (1, ["dr-eval", *corpus.TASK, "--policy", name, *acting]),
            (2, ["dr-imagine", *model, *data, "--policy", name, "--out", "out.h5", *starts]),
            (1, ["dr-imagine", "--model", name, *data, "--out", "out.h5", *starts]),
            (2, ["dr-fit-behavior", *model, "--init", name, *data, *fit]),
            (1, ["dr-train", *corpus.TASK, "--rounds", "1", "--init-model", "good/model.h5",
                 "--init-policy", name, "--out", "out", *settings])],
        "dream": info + images,
        "policy_dream": info + images,
        "step": info,
        "fit_resume": info[:2] + [(4, [*corpus.FIT, "--out", "out.h5"])],
        "behavior_resume": info[:2] + [(4, [*corpus.FIT_BEHAVIOR, "--out", "out.h5"])],
        "train_resume": info[:2] + [(4, [*corpus.TRAIN, "--out", "out"])],
        "logged_d4rl": imports(name), "logged_minari": imports(name), "logged_npz": imports(name),
        "logged_table": imports("data"), "logged_video": imports("data"),
        "logged_metadata": imports("data"), "logged_record": imports("data"),
        "logged_features": imports("data"),
        "config": [(1, [program, "--config", name, "--print-config"]) for program in
                   ("dr-info", "dr-collect", "dr-fit-model", "dr-fit-behavior", "dr-train")],
        "curve": [(3, render()), (1, render("--plot", "mean,return")),
                  (1, render("--against", "update")),
                  (1, ["dr-render", name, "good/curve.jsonl", "--out", "out.png"]),
                  (1, render("--log", "y", "--smooth", "3")),
                  (1, ["dr-render", name, "good/run/curve.jsonl", "--group-by", "folder", "--band",
                       "ci95", "--out", "out.png"]),
                  (2, ["dr-info", "--runs", name]), (1, ["dr-info", "--json", "--runs", name])],
        "run_settings": [
            (2, ["dr-info", "--runs", "data", "--group-by", "task", "model.kl_scale"]),
            (1, ["dr-info", "--json", "--runs", "data", "--group-by", "seed"]),
            (2, ["dr-render", "data/curve.jsonl", "--group-by", "model.gru", "--out", "out.png"])],
        "metrics": [(3, render()), (1, render("--plot", "kl")), (1, render("--against", "seconds"))],
        "evaluation": [(3, render()), (1, render("--plot", "psnr"))],
        "list": [(2, ["dr-fit-model", "--data", "-", *fit, "<", name]),
                 (1, ["dr-eval", *model, "--data", "-", *starts, "<", name]),
                 (3, ["dr-render", "-", "--out", "out.png", "<", name])],
    }
    return table[kind]

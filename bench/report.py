#!/usr/bin/env python3
"""Writes measured figures into README.md, between its two marks.

    report.py FOLDER     with update-PRESET.json (bench/run.sh) and peers.json (peers/compare.py)
"""

import datetime
import json
import pathlib
import sys

README = pathlib.Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results -->\n", "<!-- /results -->\n"


def table(header, rows):
    lines = ["| " + " | ".join(cells) + " |" for cells in [header, ["---"] * len(header), *rows]]
    return "\n".join(lines) + "\n"


def update_table(name, result):
    def cells(label, part):
        row = [label, f"{part['seconds']:.4f}", f"{100 * part['seconds'] / result['seconds']:.0f} %"]
        if "gflop" in part:
            return row + [f"{part['gflop']:.2f}", f"{part['gflops']:.0f}",
                          f"{100 * part['share_of_roof']:.0f} %"]
        return row + ["", "", ""]

    rows = [cells("**update**", result)]
    for part in result["parts"]:
        rows.append(cells(("· " if part["by_itself"] else "") + part["name"], part))
    return (f"\n**{name}**: {result['processor']}, {result['threads']} threads; roof "
            f"{result['roof_gflops']:.0f} GFLOP/s; median of {result['updates']} updates "
            f"({result['fastest']:.3f} to {result['slowest']:.3f} s); peak memory "
            f"{result['peak_memory_gib']:.2f} GiB\n\n"
            + table(["", "seconds", "share", "GFLOP", "GFLOP/s", "of the roof"], rows))


def peers_table(results):
    rows = [[r["size"], f"{r['seconds']['ours']:.3f}", f"{r['seconds']['sheeprl']:.3f}",
             f"**{r['ratio']:.2f}** ({r['ratio_least']:.2f} to {r['ratio_most']:.2f})",
             f"{r['peak_memory_gib']['ours']:.2f}", f"{r['peak_memory_gib']['sheeprl']:.2f}",
             f"{r['processor']}, {r['threads']} threads, {r['repeats']} pairs, {r['date']}"]
            for r in results]
    return "\n**sheeprl 0.8.4, dreamer_v1**\n\n" + table(
        ["size", "ours, s", "sheeprl, s", "sheeprl / ours", "ours, GiB", "sheeprl, GiB", "where"],
        rows)


def main():
    folder = pathlib.Path(sys.argv[1])
    text = f"\nWritten by report.py on {datetime.date.today().isoformat()}.\n"
    for path in sorted(folder.glob("update-*.json")):
        text += update_table(path.stem.removeprefix("update-"), json.loads(path.read_text()))
    peers = folder / "peers.json"
    if peers.exists():
        text += peers_table(json.loads(peers.read_text()))
    readme = README.read_text()
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(before + BEGIN + text + "\n" + END + after)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes the damaged files of samples/broken from the samples beside them. Needs a build (npm run build).

    samples/make-broken.py

Each is the beginning of a real recording, 120 requests, with one damage done to it; which, is drawn from a fixed seed.
"""

import os
import random
import re
import subprocess
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
BROKEN = os.path.join(HERE, "broken")
IOTRACE = os.environ.get("IOTRACE", os.path.join(HERE, "..", "dist", "src", "cli.js"))
SHARE = 0.3
REQUESTS = 120
STAMP = re.compile(r"^(.*?\[(\d{3})\] +(?:\S+ +)?)(\d+)\.(\d{6})(: .*)$")


def streams(sample):
    """Texts of a sample's host and guest, cut to their beginning, and its request log."""
    with zipfile.ZipFile(os.path.join(HERE, sample + ".iotrace.zip")) as bundle:
        names = bundle.namelist()
        text = {side: bundle.read(next(n for n in names if n.startswith(f"raw/{side}/"))).decode("latin1") for side in ("host", "guest")}
        truth = bundle.read(next(n for n in names if n.startswith("truth/")))
    # The log ends with the traces, so that what is missing of it is the damage's doing.
    lines = truth.split(b"\n")
    return {side: cut(each) for side, each in text.items()}, b"\n".join(lines[:REQUESTS]) + b"\n"


def cut(text):
    """The first lines; the header then says how many events they are."""
    head, events = parts(text)
    events = events[: int(len(events) * SHARE)]
    head = [re.sub(r"(entries-in-buffer/entries-written: )\d+/\d+", rf"\g<1>{len(events)}/{len(events)}", line) for line in head]
    return joined(head, events)


def parts(text):
    lines = text.rstrip("\n").split("\n")
    return [line for line in lines if line.startswith("#")], [line for line in lines if not line.startswith("#")]


def joined(head, events):
    return "\n".join(head + events) + "\n"


def damage(text, change):
    """The text with its event lines changed; the header stays."""
    head, events = parts(text)
    return joined(head, change(events, random.Random(1)))


def lose(events, dice):
    return [line for line in events if dice.random() >= 0.01]


def double(events, dice):
    return [each for line in events for each in ([line, line] if dice.random() < 0.01 else [line])]


def swap(events, dice):
    for at in range(len(events) - 20):
        if dice.random() < 0.01:
            other = at + 1 + dice.randrange(19)
            events[at], events[other] = events[other], events[at]
    return events


def skew(events, _):
    def moved(line):
        match = STAMP.match(line)
        if match is None or match[2] != "003":
            return line
        stamp = int(match[3]) * 10**6 + int(match[4]) + 200
        return f"{match[1]}{stamp // 10**6}.{stamp % 10**6:06d}{match[5]}"

    return [moved(line) for line in events]


def bundle(name, texts, truth, *options):
    """Imports texts as a user would, into broken/NAME.iotrace.zip."""
    with tempfile.TemporaryDirectory() as room:
        arguments = []
        for side, text in texts.items():
            path = os.path.join(room, f"{side}.trace")
            with open(path, "w", encoding="latin1") as file:
                file.write(text)
            arguments += [f"--{side}", path]
        log = os.path.join(room, "qd1.txt")
        with open(log, "wb") as file:
            file.write(truth)
        out = os.path.join(BROKEN, f"{name}.iotrace.zip")
        title = f"{name}: damaged on purpose, an emulated host"
        command = ["node", IOTRACE, "import", *arguments, "--ground-truth", log, "--title", title, *options, "-o", out]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return out


def raw(name, content):
    with open(os.path.join(BROKEN, name), "wb") as file:
        file.write(content)


def main():
    os.makedirs(BROKEN, exist_ok=True)
    for old in os.listdir(BROKEN):
        if old != "README.md":
            os.remove(os.path.join(BROKEN, old))
    texts, truth = streams("virtio-blk-iothread")
    host, guest = texts["host"], texts["guest"]
    raw("empty.trace", b"")
    raw("not-a-trace.trace", b"Dear colleague,\n\nthe trace you asked for is on the other machine.\n")
    raw("binary.trace", bytes(range(256)) * 4)
    whole = bundle("nothing-broken", texts, truth)
    bundle("cut-in-a-line", {**texts, "host": host[: int(len(host) * 0.8) + 7]}, truth)
    bundle("guest-given-as-host", {**texts, "host": guest}, truth)
    bundle("lines-lost", {**texts, "host": damage(host, lose)}, truth)
    bundle("lines-doubled", {**texts, "host": damage(host, double)}, truth)
    bundle("lines-out-of-order", {**texts, "host": damage(host, swap)}, truth)
    bundle("cpu-200-us-late", {**texts, "host": damage(host, skew)}, truth)
    with open(whole, "rb") as file:
        content = file.read()
    raw("cut-bundle.iotrace.zip", content[: len(content) * 97 // 100])
    tsc, tsc_truth = streams("virtio-blk-iothread-x86-tsc")
    bundle("wrong-tsc-offset", tsc, tsc_truth, "--tsc-offset", "-123456789")


if __name__ == "__main__":
    main()

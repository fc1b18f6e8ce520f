"""The comparison itself, and its table."""

import pathlib
import statistics
import sys
import tempfile

import meter
from fleet import Fleet, at_rates
from contenders import Envctl, Ground, Script, Terraform

# Issue and design: how many times faster envctl is to be than each.
TARGETS = {
    ("drift", "terraform"): 100,
    ("drift", "AWS CLI script"): 40,
    ("up", "terraform"): 15,
}
DRIFT_CALLS, DRIFT_WAVES, DRIFT_MEMORY = 12, 2, 30
HELP_SECONDS = 0.010
# `drift --all`: how many environments, calls of each when ids and revisions are known, and seconds over those that AWS's
# rates take.
FLEETS = (100, 1000)
FLEET_CALLS, FLEET_TIME = 0.25, 1.2


def say(text):
    print(text, file=sys.stderr, flush=True)


def contenders(folder, endpoint, binary):
    """Each with a folder and an account of its own, so that none finds what another made."""
    made = []
    for number, make in enumerate([lambda *a: Envctl(*a, binary.resolve()), Terraform, Script]):
        place = pathlib.Path(folder) / str(number)
        place.mkdir()
        ground = Ground(endpoint, f"{700_000_000_000 + number:012}", f"bench{number}")
        made.append(make(place, ground))
    present = []
    for one in made:
        reason = one.missing()
        if reason:
            print(f"left out: {one.name}: {reason}")
        else:
            present.append(one)
    return present


def timed(present, rounds):
    """Seconds of `up` (once, from nothing) and of drift (the median of interleaved rounds), and peak memory."""
    found = {}
    for one in present:
        if hasattr(one, "prepare"):
            one.prepare()
        say(f"{one.name}: up")
        found["up", one.name] = one.up({})
        one.drift({})  # warm: caches that a second run of each would find too
    for number in range(rounds):
        say(f"drift, round {number + 1} of {rounds}")
        for one in present:
            found.setdefault(("drift", one.name), []).append(one.drift({}))
    return found


def counted(present, endpoint):
    """Calls and waves of drift, through a proxy: in a run of its own, since the proxy takes time."""
    proxy, found = meter.Proxy(endpoint), {}
    for one in present:
        one.drift({"AWS_ENDPOINT_URL": proxy.address})
        found[one.name] = proxy.take()
    proxy.close()
    return found


def table(present, found, calls):
    print(f"\n{'':16} {'up':>9} {'drift':>9} {'peak MiB':>9} {'calls':>6} {'waves':>6}")
    for one in present:
        drifts = found["drift", one.name]
        seconds = statistics.median(run.seconds for run in drifts)
        peak = max(run.peak for run in drifts)
        number, waves = calls[one.name]
        up = found["up", one.name].seconds
        print(f"{one.name:16} {up:8.2f}s {seconds:8.3f}s {peak:9.1f} {number:6} {waves:6}")


def verdict(words, value, met):
    print(f"{'met ' if met else 'NOT MET '} {words}: {value}")
    return met


def ratios(present, found, calls):
    met = []
    median = {one.name: statistics.median(run.seconds for run in found["drift", one.name]) for one in present}
    print()
    for (what, name), target in TARGETS.items():
        if name not in median:
            continue
        mine = median["envctl"] if what == "drift" else found["up", "envctl"].seconds
        theirs = median[name] if what == "drift" else found["up", name].seconds
        met.append(verdict(f"{what}, {name} over envctl, at least {target}", f"{theirs / mine:.1f}", theirs >= target * mine))
    number, waves = calls["envctl"]
    peak = max(run.peak for run in found["drift", "envctl"])
    met.append(verdict(f"calls of drift, at most {DRIFT_CALLS}", number, number <= DRIFT_CALLS))
    met.append(verdict(f"waves of drift, at most {DRIFT_WAVES}", waves, waves <= DRIFT_WAVES))
    met.append(verdict(f"peak memory of drift, at most {DRIFT_MEMORY} MiB", f"{peak:.1f}", peak <= DRIFT_MEMORY))
    return met


def help_time(binary, folder, rounds):
    runs = [meter.run([binary, "--help"], folder, {}).seconds for _ in range(rounds * 4)]
    median = statistics.median(runs)
    return verdict("--help, at most 10 ms", f"{median * 1000:.1f} ms", median <= HELP_SECONDS)


def fleets(binary, folder):
    """Many environments on the simulated cloud: its clock jumps, so the seconds are those that AWS would take."""
    say("drift --all on the simulated cloud")
    print(f"\n{'environments':>12} {'calls':>6} {'of each':>8} {'peak MiB':>9} {'process':>9} {'on AWS':>8}")
    peaks, met = [], []
    for size in FLEETS:
        run, calls, seconds = Fleet(pathlib.Path(folder) / f"fleet-{size}", binary, size).drift()
        number = sum(calls.values())
        peaks.append(run.peak)
        print(f"{size:12} {number:6} {number / size:8.3f} {run.peak:9.1f} {run.seconds:8.2f}s {seconds:7.1f}s")
    allowed = at_rates(calls)
    met.append(verdict(f"calls of each of {size}, at most {FLEET_CALLS}", f"{number / size:.3f}", number <= FLEET_CALLS * size))
    growth = peaks[-1] / peaks[0]
    words = f"memory of {FLEETS[-1]} over {FLEETS[0]} environments, less than {FLEETS[-1] / FLEETS[0]:.0f}"
    met.append(verdict(words, f"{growth:.1f}", growth < FLEETS[-1] / FLEETS[0]))
    words = f"seconds over the {allowed:.1f} that AWS's rates take for {size}, at most {FLEET_TIME}"
    met.append(verdict(words, f"{seconds / allowed:.2f}", seconds <= FLEET_TIME * allowed))
    return met


def compare(options, endpoint):
    """Runs it all. The exit code: 0 when every target is met, 1 when one is not."""
    with tempfile.TemporaryDirectory() as folder:
        present = contenders(folder, endpoint, options.envctl)
        found = timed(present, options.rounds)
        calls = counted(present, endpoint)
        table(present, found, calls)
        met = ratios(present, found, calls)
        met.append(help_time(options.envctl.resolve(), folder, options.rounds))
        met.extend(fleets(options.envctl.resolve(), folder))
    return 0 if all(met) else 1

"""A simulated account with many environments, and what `envctl drift --all` takes for them: calls, memory, time."""

import datetime
import json
import pathlib
import re
import shutil
import string
from collections import Counter

import meter

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORLD = pathlib.Path(".envctl") / "sim" / "world.json"

# AWS's buckets and what comes into them a second, by operation or service. ECS: "Request throttling for the Amazon ECS API".
# ELB: "Request throttling for the Elastic Load Balancing API". RDS and EFS publish none: an assumption.
BUCKETS = {
    "ecs:DescribeServices": ("ecs service read", 20),
    "elasticloadbalancing": ("elb", 10),
    "rds": ("rds", 10),
    "elasticfilesystem": ("efs", 10),
}
# The kinds of the simulated world that hold resources of an environment.
KINDS = [
    "databases", "secrets", "access_points", "log_groups", "families", "services", "target_groups", "rules",
    "scalable_targets", "tasks",
]


class Fleet:
    """So many environments, all up: one is brought up, the others are copies of it in the simulated account."""

    def __init__(self, folder, binary, size):
        self.folder, self.binary, self.size = folder, binary, size
        self.variables = {"ENVCTL_CLOUD": "sim", "HOME": str(folder)}
        (folder / "environments").mkdir(parents=True)
        shutil.copytree(ROOT / "templates", folder / "templates")
        spec = string.Template((HERE / "fleet.yaml").read_text())
        for number in range(size):
            name = name_of(number)
            (folder / "environments" / f"{name}.yaml").write_text(spec.substitute(name=name))
        self.run("up", "e0000", "--yes", "--quiet")
        state = json.loads((folder / WORLD).read_text())
        world = next(iter(state["worlds"].values()))
        one = {kind: {key: value for key, value in world[kind].items() if is_first(key, value)} for kind in KINDS}
        for number in range(1, size):
            state["profiles"][name_of(number)] = state["profiles"]["e0000"]
            for kind, copies in copy_of(one, number).items():
                world[kind].update(copies)
        (folder / WORLD).write_text(json.dumps(state))

    def run(self, *arguments):
        return meter.run([self.binary, *arguments], self.folder, self.variables)

    def drift(self):
        """Seconds of the process, peak MiB, calls by operation, simulated seconds; warm, as a second run finds it."""
        self.run("drift", "--all", "--quiet")
        before = self.now()
        measured = self.run("drift", "--all", "--verbose")
        calls = Counter(re.findall(r"^call (\S+)", measured.output, re.MULTILINE))
        return measured, calls, self.now() - before

    def now(self):
        world = next(iter(json.loads((self.folder / WORLD).read_text())["worlds"].values()))
        text = re.sub(r"(\.\d{6})\d*", r"\1", world["now"]).replace("Z", "+00:00")
        return datetime.datetime.fromisoformat(text).timestamp()


def name_of(number):
    return f"e{number:04}"


def is_first(key, value):
    return "e0000" in key or "e0000" in json.dumps(value)


def copy_of(one, number):
    """The first environment's resources under another name, with ids of their own."""
    text = json.dumps(one)
    for kind in ["rules", "access_points", "tasks"]:
        for key in one[kind]:
            identifier = key.rsplit("/", 1)[-1]
            text = text.replace(identifier, f"{identifier[:-5]}{number:05x}")
    copy = json.loads(text.replace("e0000", name_of(number)))
    for rule in copy["rules"].values():
        rule["live"]["priority"] = number + 1
        rule["live"]["tags"]["envctl:priority"] = str(number + 1)
    return copy


def at_rates(calls):
    """The seconds that so many calls take at the rates at which AWS refills its buckets, without their bursts."""
    taken = Counter()
    for operation, number in calls.items():
        bucket = BUCKETS.get(operation) or BUCKETS.get(operation.split(":")[0])
        if bucket:
            taken[bucket] += number
    return max((number / rate for (_, rate), number in taken.items()), default=0.0)

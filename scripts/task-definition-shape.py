#!/usr/bin/env python3
"""Writes src/template/shape/ecs-register-task-definition.json from the public ECS service model.

Needs botocore (`pip install botocore`); run it from the root of the repository after an update of botocore:

    python3 scripts/task-definition-shape.py
"""

import gzip
import json
import os

import botocore

OUT = "src/template/shape/ecs-register-task-definition.json"
MODEL = "ecs/2014-11-13/service-2.json.gz"


def main():
    path = os.path.join(os.path.dirname(botocore.__file__), "data", MODEL)
    with gzip.open(path) as file:
        model = json.load(file)
    shapes = model["shapes"]
    operation = model["operations"]["RegisterTaskDefinition"]
    root = operation["input"]["shape"]
    found = {}

    def walk(name):
        if name in found:
            return
        shape = shapes[name]
        entry = found[name] = {"type": shape["type"]}
        if shape["type"] == "structure":
            entry["members"] = {member: inner["shape"] for member, inner in shape["members"].items()}
            if shape.get("required"):
                entry["required"] = shape["required"]
            inner = entry["members"].values()
        elif shape["type"] == "list":
            entry["member"] = shape["member"]["shape"]
            inner = [entry["member"]]
        elif shape["type"] == "map":
            entry["value"] = shape["value"]["shape"]
            inner = [entry["value"]]
        else:
            if "enum" in shape:
                entry["enum"] = shape["enum"]
            inner = []
        for each in inner:
            walk(each)

    walk(root)
    asked = set(found[root]["members"])
    answered = shapes["TaskDefinition"]["members"]
    data = {
        "source": f"botocore {botocore.__version__}, {MODEL}, operation RegisterTaskDefinition",
        "root": root,
        "read_only": sorted(set(answered) - asked),
        "shapes": dict(sorted(found.items())),
    }
    lines = json.dumps({key: value for key, value in data.items() if key != "shapes"}, indent=1)[:-2]
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in data["shapes"].items())
    with open(OUT, "w", encoding="utf-8") as file:
        file.write(f'{lines},\n "shapes": {{\n{rows}\n }}\n}}\n')


if __name__ == "__main__":
    main()

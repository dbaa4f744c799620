"""Validates models against the JSON Schema of the model language.

usage: model_schema.py SCHEMA EXPECTATIONS

SCHEMA must be a schema itself. EXPECTATIONS is a file of lines `valid<TAB>PATH` or `invalid<TAB>PATH`. Prints a line for
each model that is not what is expected, with why; exit status 1 if there is one.

YAML is read as editors read it, by the core schema of YAML 1.2: `2025-07-28`, `yes` and `1:30` are texts.
"""

import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Texts, but for null, true, false and numbers."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("merge", r"^<<$", "<"),
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
# Numbers of YAML 1.1 with bases and colons are not read.
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))


def with_text_keys(value):
    """JSON's keys are texts, and so are those that editors see."""
    match value:
        case dict():
            return {key_text(key): with_text_keys(inner) for key, inner in value.items()}
        case list():
            return [with_text_keys(inner) for inner in value]
        case _:
            return value


def key_text(key):
    """A key as it is written, near enough: what matters is that it is a text."""
    return key if isinstance(key, str) else json.dumps(key)


def main(schema_path, expectations):
    schema = json.loads(Path(schema_path).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    surprises = 0
    for line in Path(expectations).read_text(encoding="utf-8").splitlines():
        expected, path = line.split("\t")
        model = with_text_keys(yaml.load(Path(path).read_text(encoding="utf-8"), Loader))
        error = next(validator.iter_errors(model), None)
        if (error is None) != (expected == "valid"):
            surprises += 1
            why = "" if error is None else f": {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            print(f"{path} is not {expected}{why}")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

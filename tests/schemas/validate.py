"""Says what a JSON Schema validator that others wrote makes of TOML and JSON files: `validate.py SCHEMA FILE...`; one line for each error."""

import json
import sys
import tomllib

import jsonschema

schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        document = (json if name.endswith(".json") else tomllib).load(file)
    for error in validator.iter_errors(document):
        print(f"{name}: {error.json_path}: {error.message}")

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: validate.py SCHEMA FILE...: each FILE must be JSON that the schema accepts."""
import json
import sys

import jsonschema


def faults(schema, path):
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    checker = jsonschema.FormatChecker()
    for error in kind(schema, format_checker=checker).iter_errors(document):
        yield f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    found = [fault for path in sys.argv[2:] for fault in faults(schema, path)]
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()

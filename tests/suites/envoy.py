# SPDX-License-Identifier: Apache-2.0
"""Holds configurations of `polc build --envoy` against the messages of Envoy's API.

    envoy.py DESCRIPTORS FILE...

DESCRIPTORS is what `protoc --include_imports --descriptor_set_out` makes of the API. Every field must
be one of the message, of its type, and keep to those of the API's own rules (validate.rules) that
configurations of ours can break: what is required is there, and nothing is shorter than it may be.
Prints what is wrong, and exits 1 if anything is.
"""
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

HTTP_FILTER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter"
MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
RUNTIME = "envoy.config.bootstrap.v3.LayeredRuntime"
RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC"


class Api:
    def __init__(self, path):
        files = descriptor_pb2.FileDescriptorSet()
        with open(path, "rb") as f:
            files.ParseFromString(f.read())
        self.pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self.pool.Add(file)
        self.factory = message_factory.MessageFactory(self.pool)
        self.factory.GetMessages([file.name for file in files.file])  # extensions, too
        self.faults = []

    def class_of(self, name):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))

    def options(self, kind, of, extension):
        """An option of the API's own; None: it is not set."""
        known = self.class_of(f"google.protobuf.{kind}").FromString(of.GetOptions().SerializeToString())
        option = self.pool.FindExtensionByName(extension)
        for field, value in known.ListFields():
            if field.full_name == option.full_name:
                return value
        return None

    def parse(self, name, value, where):
        try:
            message = json_format.ParseDict(value, self.class_of(name)(), descriptor_pool=self.pool)
        except json_format.ParseError as e:
            self.faults.append(f"{where}: {e}")
            return None
        self.validate(message, where)
        return message

    def validate(self, message, where):
        for oneof in message.DESCRIPTOR.oneofs:
            if self.options("OneofOptions", oneof, "validate.required") and not message.WhichOneof(oneof.name):
                self.faults.append(f"{where}: none of {oneof.name} is set")
        for field in message.DESCRIPTOR.fields:
            self.validate_field(message, field, f"{where}.{field.name}")

    def validate_field(self, message, field, where):
        value = getattr(message, field.name)
        repeated = field.label == field.LABEL_REPEATED
        is_set = len(value) > 0 if repeated else not field.has_presence or message.HasField(field.name)
        rules = self.options("FieldOptions", field, "validate.rules")
        if rules:
            self.hold(rules, value, is_set, field.containing_oneof is None, where)
        if not is_set or field.type != field.TYPE_MESSAGE:
            return
        if repeated and field.message_type.GetOptions().map_entry:
            value = value.values() if field.message_type.fields_by_name["value"].message_type else []
        for part in value if repeated or not hasattr(value, "DESCRIPTOR") else [value]:
            self.validate(part, where)

    def hold(self, rules, value, is_set, alone, where):
        if rules.HasField("message") and rules.message.required and not is_set and alone:
            self.faults.append(f"{where}: it is required")
        if rules.HasField("string") and is_set and len(value) < rules.string.min_len:
            self.faults.append(f"{where}: it is too short")
        if rules.HasField("repeated") and len(value) < rules.repeated.min_items:
            self.faults.append(f"{where}: there are too few")

    def read(self, path):
        with open(path, encoding="utf-8") as f:
            doc = json.load(f)
        # What else a connection manager needs is its owner's to say.
        manager = {"stat_prefix": "polc", "route_config": {}, **doc["http_connection_manager"]}
        self.parse(MANAGER, manager, f"{path}: manager")
        self.parse(RUNTIME, doc["layered_runtime"], f"{path}: runtime")
        for rules in doc["rule_sets"]:
            for chained in rules["http_filters"]:
                where = f"{path}: {rules['name']} {chained['name']}"
                filled = self.parse(HTTP_FILTER, chained, where)
                if filled:
                    rbac = self.class_of(RBAC)()
                    if not filled.typed_config.Unpack(rbac):
                        self.faults.append(f"{where}: it is no RBAC")
                    self.validate(rbac, where)


def main():
    api = Api(sys.argv[1])
    for path in sys.argv[2:]:
        api.read(path)
    print("\n".join(api.faults), end="\n" if api.faults else "")
    return 1 if api.faults else 0


sys.exit(main())

/* SPDX-License-Identifier: Apache-2.0 */
/* What all Kubernetes APIs share: metadata, labels, label selectors, ports. */
#pragma once

#include "lang/yaml/decode.h"

struct k8s_labels {
	VEC(struct ast_label) list;
};

struct k8s_meta {
	struct ast_name name, generate_name, ns;
	struct k8s_labels labels;
	struct ast_name ignore; /* the annotation K8S_IGNORE */
	const char *generated;  /* how the name begins that it will get; NULL: it has one */
	const char *uid;        /* these two only of the inventory */
	struct ast_owner owner;
};

/* A label that the API server gives to every namespace. */
#define K8S_NAMESPACE_NAME "kubernetes.io/metadata.name"

/* An annotation: findings that the object's owner does not want to be told, as behind the mark of a
 * comment `# polc:ignore`, one a line. Annotations stay where a cluster drops comments. */
#define K8S_IGNORE "polc.dev/ignore"

/* Keeps this annotation of an object, whatever its kind, in lang.ignores. */
void k8s_keep_ignore(struct yaml_ctx *c, const struct yaml_node *object);

/* The fields of ObjectMeta; *out is a k8s_meta. */
extern const struct yaml_object k8s_meta_object;
/* The same, of a policy, whose namespace says where it counts. */
extern const struct yaml_object k8s_policy_meta_object;
/* The same, of an object whose own labels nothing selects. */
extern const struct yaml_object k8s_workload_meta_object;

typedef const char *k8s_name_check(const char *s);

/* Checks metadata.name with `check` and sets a namespace that is missing to "default". The
 * caller has decoded `meta` from `n`, the whole object. Of `generateName: job-` the name is
 * `job-_generated`, which no object can have, and of the next ones in the namespace
 * `job-_generated2`, `job-_generated3`. */
int k8s_meta_finish(struct yaml_ctx *c, const struct yaml_node *n, struct k8s_meta *meta,
		    k8s_name_check *check);

/* Reports a text that `check` refuses; `what` is "label key" or the like. A warning (and 0)
 * where it is of the inventory and its meaning is clear all the same. */
int k8s_check_text(struct yaml_ctx *c, struct loc loc, const char *text, k8s_name_check *check,
		   const char *code, const char *what);

/* {key: value}; *out is a k8s_labels. */
int k8s_read_labels(struct yaml_ctx *c, const struct yaml_node *n, void *out);
/* A LabelSelector; *out is a struct ast_labels *. */
int k8s_read_selector(struct yaml_ctx *c, const struct yaml_node *n, void *out);

/* What the API server keeps record of in metadata. It is checked only in a policy, which is not in
 * force if the server refuses it. *out is not used. */
yaml_reader k8s_read_record_text, k8s_read_record_number, k8s_read_finalizers;
/* The same, but of the inventory they are kept, if they are what they should be. *out is a const
 * char *, and an ast_owner: the one that controls the object. */
yaml_reader k8s_read_uid, k8s_read_owners;

/* TCP, UDP or SCTP; *out is an enum ast_proto. */
int k8s_read_protocol(struct yaml_ctx *c, const struct yaml_node *n, void *out);
/* A number without a fraction, be it written as 80.0 or 1e3: kubectl makes 80 and 1000 of these. */
bool k8s_is_whole(const struct yaml_node *n, int64_t *number);
/* 1 to 65535; *out is a uint16_t. */
int k8s_read_port_number(struct yaml_ctx *c, const struct yaml_node *n, void *out);
/* An IANA service name; *out is an ast_name. */
int k8s_read_port_name(struct yaml_ctx *c, const struct yaml_node *n, void *out);

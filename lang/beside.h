/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What objects show that are neither policy nor endpoint: which namespaces there are, which
 * labels come later, which ports Services call by another number, and what is scaled. Checks look
 * at it; no verdict depends on it, but that a workload of no replicas has pods if it is scaled.
 */
#pragma once

#include "lang/ast.h"
#include "lang/base/intern.h"

struct beside_port {
	enum ast_proto proto;
	uint16_t port, target;   /* target 0: it has a name */
	uint16_t node;           /* 0: none is written */
	const char *target_name; /* NULL: it is a number */
};

/* A Kubernetes Service with a selector. */
struct beside_service {
	struct loc loc;
	const char *ns, *name;
	bool headless; /* it has no address, and nothing translates its ports */
	VEC(struct ast_label) selector;
	VEC(struct beside_port) ports;
};

/* An object that pods come of, and that is not read. */
struct beside_unread {
	struct loc loc;
	const char *kind, *ns, *name;
};

struct beside {
	struct intern namespaces;    /* that an object is in which is no policy */
	struct intern targets;       /* that kustomizations put what they name into */
	VEC(struct ast_label) added; /* labels that kustomizations put on what they name */
	VEC(struct beside_service) services;
	VEC(struct beside_unread) unread;
	struct intern scaled;  /* "Deployment shop/web": a scaler decides how many pods it has */
	struct intern resized; /* names of objects of which kustomizations decide that; an empty
				* one: of every object */
};

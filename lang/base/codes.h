/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codes of what can be wrong with an input, from reading to name resolution. A code is
 * a contract: scripts and suppressions name it. doc/diagnostics.md explains each.
 * (The semantic checks have a table of their own: verifier/check/checks.def.)
 */
#pragma once

#define CODE_IO             "io"               /* a file cannot be read */
#define CODE_LIMIT          "limit"            /* too large, too deep, too many */
#define CODE_SYNTAX         "syntax"           /* the text does not parse */
#define CODE_BAD_TOKEN      "bad-token"        /* a character or literal that is none */
#define CODE_BAD_ADDRESS    "bad-address"      /* no IP address or prefix */
#define CODE_HOST_BITS      "host-bits"        /* a prefix with host bits set */
#define CODE_BAD_PORT       "bad-port"         /* port, range or ICMP type out of range */
#define CODE_BAD_PROTOCOL   "bad-protocol"     /* no such protocol */
#define CODE_BAD_LABEL      "bad-label"        /* a label key or value Kubernetes would refuse */
#define CODE_BAD_NAME       "bad-name"         /* an object name Kubernetes would refuse */
#define CODE_BAD_TYPE       "bad-type"         /* a YAML value of the wrong type */
#define CODE_BAD_VALUE      "bad-value"        /* right type, not one of the allowed values */
#define CODE_UNKNOWN_FIELD  "unknown-field"    /* a YAML key that the API does not have */
#define CODE_MISSING_FIELD  "missing-field"    /* a required YAML key */
#define CODE_DUPLICATE      "duplicate"        /* defined twice */
#define CODE_UNDEFINED      "undefined"        /* a name that nothing defines */
#define CODE_WRONG_KIND     "wrong-kind"       /* a name of another kind: ports for a peer */
#define CODE_CYCLE          "cycle"            /* a definition or order that leads back to itself */
#define CODE_NOT_SUPPORTED  "not-supported"    /* parsed, but this version cannot enforce it */
#define CODE_SKIPPED        "skipped"          /* note: an object that is no policy or inventory */
#define CODE_HOST_NETWORK   "host-network"     /* note: a host-network pod is host traffic */
#define CODE_NS_LABELS      "namespace-labels" /* note: labels that no object says */
#define CODE_SHARED_ADDRESS "shared-address"   /* note: several nodes have it */
#define CODE_POD_LABELS     "pod-labels"       /* note: labels that a controller gives */
#define CODE_NOT_COMPARED   "not-compared"     /* warning: what no revision of the repository has */
#define CODE_EMPTY_INPUT    "empty-input"      /* no policy or inventory at all in the input */

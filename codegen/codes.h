/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of what can go wrong when a bundle is written or read; see lang/base/codes.h. */
#pragma once

#define GEN_CODE_COMPILER      "bpf-compiler"   /* clang is missing or refuses the program */
#define GEN_CODE_OUTPUT        "output"         /* the bundle cannot be written there */
#define GEN_CODE_BUNDLE        "bundle"         /* a bundle that is malformed or altered */
#define GEN_CODE_BUNDLE_FORMAT "bundle-format"  /* a bundle of another format version */
#define GEN_CODE_ADDRESS_CLASH "address-clash"  /* two endpoints with one address */
#define GEN_CODE_ENDPOINT_NAME "endpoint-name"  /* an endpoint name that no path can hold */
#define GEN_CODE_OBJECT        "bpf-object"     /* what clang made is not what it should be */
#define GEN_CODE_LIMIT         "resource-limit" /* a policy set costs more than a node can give */

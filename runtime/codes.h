/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codes of what can go wrong between a bundle and the kernel. Like lang/base/codes.h: a
 * code is a contract, doc/diagnostics.md explains each.
 */
#pragma once

#define RT_CODE_UNKNOWN_ENDPOINT "unknown-endpoint" /* the bundle does not know the name */
#define RT_CODE_NOT_ATTACHED     "not-attached"     /* no policy is loaded on the endpoint */
#define RT_CODE_NOTHING_TO_DO    "nothing-to-do"    /* nothing named and nothing attached */
#define RT_CODE_ALREADY_ATTACHED "already-attached" /* endpoint or device is taken */
#define RT_CODE_TWICE            "named-twice"      /* an endpoint or a device, in one call */
#define RT_CODE_NO_ADDRESS       "no-address"       /* a source check without addresses */
#define RT_CODE_TOO_MANY_ADDRS   "too-many-addresses"
#define RT_CODE_NO_DEVICE        "no-device"        /* no such device in this namespace */
#define RT_CODE_OTHER_NETNS      "other-namespace"  /* attached in another network namespace */
#define RT_CODE_FOREIGN_FILTER   "foreign-filter"   /* our tc slot holds someone else's filter */
#define RT_CODE_ATTACH           "attach-failed"    /* the kernel refused a qdisc or filter */
#define RT_CODE_OBJECT           "bad-object"       /* an object file that is not of this ABI */
#define RT_CODE_VERIFIER         "verifier"         /* the kernel refused a program */
#define RT_CODE_KERNEL           "kernel-too-old"   /* it lacks what the programs need */
#define RT_CODE_MAP              "map-failed"       /* the kernel refused a map */
#define RT_CODE_CAPACITY         "over-capacity"    /* more than the maps of a node hold */
#define RT_CODE_BPFFS            "no-bpffs"         /* the pin directory is on no bpf file system */
#define RT_CODE_PIN              "pin-failed"       /* a pin cannot be made, read or removed */
#define RT_CODE_INCOMPATIBLE_PIN "incompatible-pin" /* a pinned map of another version */
#define RT_CODE_LOCKED           "locked"           /* another load is at work */
#define RT_CODE_OTHER_BUNDLE     "other-bundle"     /* not the one that the node enforces */
#define RT_CODE_NOT_COUNTED      "not-counted"      /* built without rule counters or events */
#define RT_CODE_NOT_OPEN         "not-open"         /* a bundle for its inventory alone */
#define RT_CODE_NO_CLASS         "no-class"         /* the bundle cannot tell an endpoint's class */
#define RT_CODE_NO_TABLE         "no-table"         /* nor its tables or program */
#define RT_CODE_PROXY            "proxy-failed"     /* what judges requests cannot be started */
#define RT_CODE_PERMISSION       "permission"       /* not root, or no BPF for us */
#define RT_CODE_NODE_ADDRESS     "node-address" /* warning: the node has the address of an endpoint */
#define RT_CODE_RECOVERED        "recovered" /* note: what an interrupted load left was removed */
#define RT_CODE_SWEPT            "swept"     /* note: an endpoint that is gone was forgotten */

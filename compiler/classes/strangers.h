/* SPDX-License-Identifier: Apache-2.0 */
/* Classes for endpoints that are not in the inventory. Private to classes/. */
#pragma once

#include "compiler/classes/internal.h"

/* Makes the classes that endpoints with any labels, at any address, with named ports like those
 * of some endpoint of today (or none) have; if they are too many, then where prefixes that match
 * endpoints hold the address as they hold that of some endpoint of today; or none. */
enum cls_foreseen cls_build_strangers(struct cls_build_ctx *c);

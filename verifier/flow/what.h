/* SPDX-License-Identifier: Apache-2.0 */
/* "--from: " in front of a message, or nothing. */
#pragma once

#define WHAT_FMT       "%s%s"
#define WHAT_ARG(what) (what) ? (what) : "", (what) ? ": " : ""

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking in HAProxy's own way, without Lua: samples that this registers with the HAProxy that has
 * loaded it.
 *
 *   polc.judge          proxy_judge() of the request
 *   polc.judge_again    of one that was prepared
 *   polc.largest        proxy_largest_header()
 *
 * HAProxy promises nothing about its structures. What this uses of them is in haproxy_abi.h, for
 * one series of versions, and it is tried before anything is registered.
 */
#pragma once

/* NULL, and POLC_NATIVE is in the environment, as the configuration expects; or why this HAProxy is
 * asked by Lua. `dir` and `hits` as of proxy_judge_open(). */
const char *proxy_native_register(const char *dir, const char *hits);

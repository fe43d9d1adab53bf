/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/rivals/firewall.h"

#include "tests/bench/rivals/rulesets.h"
#include "tests/bench/tool.h"

static const char *const names[] = {
#define X(id, name) name,
	FIREWALLS(X)
#undef X
};

const char *firewall_name(enum firewall w)
{
	return names[w];
}

static bool run_nft(const struct buf *ruleset)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};

	return tool_run(argv, buf_str(ruleset));
}

static bool run_iptables(const struct field *f)
{
	static const char *const restore[] = {"iptables-restore", NULL}, *const sets_argv[] = {
										 "ipset", "restore",
										 NULL};
	_cleanup_buf_ struct buf rules = {0}, sets = {0};

	ruleset_iptables(&f->flat, f->ours.e.ir, &rules, &sets);
	return tool_run(sets_argv, buf_str(&sets)) && tool_run(restore, buf_str(&rules));
}

bool firewall_load(const struct field *f, enum firewall w)
{
	_cleanup_buf_ struct buf text = {0};

	if (w == FIREWALL_IPTABLES)
		return run_iptables(f);
	if (w == FIREWALL_SETS)
		ruleset_nft_sets(&f->flat, &text);
	else if (w == FIREWALL_CHAINS || w == FIREWALL_TRACKING)
		ruleset_nft_chains(&f->flat, w == FIREWALL_TRACKING, &text);
	else
		ruleset_nft_linear(&f->flat, f->ours.e.ir, &text);
	return run_nft(&text);
}

bool firewall_has_tools(enum firewall w)
{
	if (w != FIREWALL_IPTABLES)
		return tool_is_there("nft", "nftables");
	return tool_is_there("iptables-restore", "iptables") && tool_is_there("ipset", "ipset");
}

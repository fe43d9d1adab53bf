/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/tc.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "codegen/hook.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/log.h"
#include "runtime/node/kernel/netlink.h"
#include "runtime/runtime.h"

static const enum bpf_tc_attach_point points[POLC_N_EP_HOOKS] = {
	[POLC_HOOK_EP_IN] = BPF_TC_EGRESS, [POLC_HOOK_EP_OUT] = BPF_TC_INGRESS};
static const uint32_t parents[POLC_N_EP_HOOKS] = {
	[POLC_HOOK_EP_IN] = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
	[POLC_HOOK_EP_OUT] = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)};

/* --- looking: libbpf can ask for one filter, but not what else is there ------------------ */

/* Borrowed from the message. */
static const char *kind_of(const struct nlattr **attrs)
{
	const struct nlattr *kind = attrs[TCA_KIND];

	return kind && mnl_attr_validate(kind, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(kind)
									 : "";
}

struct look {
	struct rt_device *dev;
	struct rt_hook *hook;
};

static int visit_qdisc(const struct tcmsg *tc __attribute__((unused)), const struct nlattr **attrs,
		       void *ctx)
{
	const char *kind = kind_of(attrs);
	struct look *look = ctx;

	if (strcmp(kind, "clsact") == 0)
		look->dev->qdisc = RT_QDISC_CLSACT;
	else if (strcmp(kind, "ingress") == 0)
		look->dev->qdisc = RT_QDISC_INGRESS;
	return 0;
}

static uint32_t number(const struct nlattr *a)
{
	return a && mnl_attr_validate(a, MNL_TYPE_U32) == 0 ? mnl_attr_get_u32(a) : 0;
}

static struct rt_filter read_filter(const struct nlattr *options)
{
	const struct nlattr *attrs[TCA_BPF_MAX + 1] = {0};

	if (options)
		mnl_attr_parse_nested(options, rt_attrs_note,
				      &(struct rt_attrs){attrs, TCA_BPF_MAX});
	return (struct rt_filter){.prog_id = number(attrs[TCA_BPF_ID]),
				  .classid = number(attrs[TCA_BPF_CLASSID])};
}

/* A classifier at our priority bars the way if it is of another kind or protocol, as the
 * kernel allows one kind and one protocol a priority. One with handle 0 is the classifier
 * itself, not a filter in it. */
static int visit_filter(const struct tcmsg *tc, const struct nlattr **attrs, void *ctx)
{
	struct rt_hook *hook = ((struct look *)ctx)->hook;
	uint32_t priority = TC_H_MAJ(tc->tcm_info) >> 16, protocol = TC_H_MIN(tc->tcm_info);
	const char *kind = kind_of(attrs);
	bool bpf = strcmp(kind, "bpf") == 0 && protocol == (uint32_t)htons(ETH_P_ALL);

	if (priority == RT_TC_PRIORITY && !bpf) {
		hook->blocked = true;
		snprintf(hook->kind, sizeof(hook->kind), "%s", kind);
	}
	if (tc->tcm_handle == 0)
		return 0;
	if (priority == RT_TC_PRIORITY && bpf && tc->tcm_handle == RT_TC_HANDLE)
		hook->filter = read_filter(attrs[TCA_OPTIONS]);
	else
		hook->others++;
	return 0;
}

/* The one qdisc that clsact and its predecessor `ingress` share a place for. Older kernels
 * answer only with NLM_F_ECHO. */
static int look_qdisc(const struct tcmsg *dev, struct look *look)
{
	struct tcmsg what = *dev;
	struct rt_request req;
	int r;

	what.tcm_parent = TC_H_CLSACT;
	r = rt_netlink_ask(rt_request_init(&req, RTM_GETQDISC, NLM_F_ECHO | NLM_F_ACK, &what),
			   visit_qdisc, look);
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

int rt_tc_look(uint32_t ifindex, struct rt_device *out)
{
	struct tcmsg what = {.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex};
	struct look look = {.dev = out};
	struct rt_request req;
	int r;

	*out = (struct rt_device){0};
	r = look_qdisc(&what, &look);
	if (r || out->qdisc != RT_QDISC_CLSACT)
		return r;
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS && !r; h++) {
		look.hook = &out->hooks[h];
		what.tcm_parent = parents[h];
		r = rt_netlink_ask(rt_request_init(&req, RTM_GETTFILTER, NLM_F_DUMP, &what),
				   visit_filter, &look);
	}
	return r;
}

/* Our place. */
static struct tcmsg place(uint32_t ifindex, enum polc_hook hook)
{
	return (struct tcmsg){.tcm_family = AF_UNSPEC,
			      .tcm_ifindex = (int)ifindex,
			      .tcm_handle = RT_TC_HANDLE,
			      .tcm_parent = parents[hook],
			      .tcm_info = TC_H_MAKE(RT_TC_PRIORITY << 16, htons(ETH_P_ALL))};
}

struct finding {
	const uint32_t *ifindexes;
	struct rt_filter (*out)[POLC_N_EP_HOOKS];
	int err;
};

static void ask_for_filter(size_t i, struct rt_request *req, void *ctx)
{
	const struct finding *f = ctx;
	struct tcmsg what = place(f->ifindexes[i / POLC_N_EP_HOOKS], i % POLC_N_EP_HOOKS);

	mnl_attr_put_strz(rt_request_init(req, RTM_GETTFILTER, 0, &what), TCA_KIND, "bpf");
}

/* The kernel says ENOENT for no filter, EINVAL for no clsact or another kind of filter, ENODEV
 * for no device: nothing of ours in either case. */
static void take_filter(size_t i, int err, const struct nlattr **attrs, void *ctx)
{
	struct finding *f = ctx;
	struct rt_filter *out = &f->out[i / POLC_N_EP_HOOKS][i % POLC_N_EP_HOOKS];

	*out = (struct rt_filter){0};
	if (attrs)
		*out = read_filter(attrs[TCA_OPTIONS]);
	else if (err != -ENOENT && err != -EINVAL && err != -ENODEV)
		f->err = err;
}

int rt_tc_find(const uint32_t *ifindexes, size_t n, struct rt_filter (*out)[POLC_N_EP_HOOKS])
{
	struct finding f = {.ifindexes = ifindexes, .out = out};
	int r = rt_netlink_ask_all(n * POLC_N_EP_HOOKS, ask_for_filter, take_filter, &f);

	return r ? r : f.err;
}

/* --- changing -------------------------------------------------------------------------- */

static struct bpf_tc_hook hook_of(uint32_t ifindex, enum bpf_tc_attach_point point)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook), .ifindex = (int)ifindex, .attach_point = point};
}

int rt_tc_make_clsact(uint32_t ifindex, const char *device, bool *made, struct diag *diag)
{
	struct bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r;

	rt_log_clear();
	r = bpf_tc_hook_create(&hook);
	*made = r == 0;
	if (r == 0 || r == -EEXIST)
		return 0;
	return rt_fail(diag, r, RT_CODE_ATTACH, "cannot add a clsact qdisc to %s", device);
}

int rt_tc_remove_clsact(uint32_t ifindex, const char *device, struct diag *diag)
{
	struct bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r;

	rt_log_clear();
	r = bpf_tc_hook_destroy(&hook);
	if (r == 0 || r == -ENOENT || r == -EINVAL)
		return 0;
	return rt_fail(diag, r, RT_CODE_ATTACH, "cannot remove the clsact qdisc of %s", device);
}

static int no_answer(const struct tcmsg *tc __attribute__((unused)),
		     const struct nlattr **attrs __attribute__((unused)),
		     void *ctx __attribute__((unused)))
{
	return 0;
}

/* Not by libbpf, which knows no classid. */
int rt_tc_put(const struct rt_tc_put *put, struct diag *diag)
{
	struct tcmsg what = place(put->ifindex, put->hook);
	struct rt_request req;
	struct nlattr *options;
	struct nlmsghdr *h;
	int r;

	h = rt_request_init(&req, RTM_NEWTFILTER,
			    NLM_F_ACK | NLM_F_CREATE | (put->replace ? NLM_F_REPLACE : NLM_F_EXCL),
			    &what);
	mnl_attr_put_strz(h, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put_u32(h, TCA_BPF_FD, (uint32_t)put->prog_fd);
	mnl_attr_put_strz(h, TCA_BPF_NAME, "polc");
	mnl_attr_put_u32(h, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_put_u32(h, TCA_BPF_CLASSID, put->classid);
	mnl_attr_nest_end(h, options);
	rt_log_clear();
	r = rt_netlink_ask(h, no_answer, NULL);
	if (r == 0)
		return 0;
	return rt_fail(diag, r, RT_CODE_ATTACH, "cannot attach the %s program to %s",
		       ir_dir_name(gen_hook(put->hook)->dir), put->device);
}

int rt_tc_drop(uint32_t ifindex, const char *device, enum polc_hook hook, struct diag *diag)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = RT_TC_HANDLE, .priority = RT_TC_PRIORITY);
	struct bpf_tc_hook at = hook_of(ifindex, points[hook]);
	int r;

	rt_log_clear();
	r = bpf_tc_detach(&at, &opts);
	if (r == 0 || r == -ENOENT || r == -ENODEV)
		return 0;
	return rt_fail(diag, r, RT_CODE_ATTACH, "cannot detach the %s program from %s",
		       ir_dir_name(gen_hook(hook)->dir), device);
}

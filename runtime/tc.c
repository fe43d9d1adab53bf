/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/tc.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/log.h"
#include "runtime/runtime.h"

static const enum bpf_tc_attach_point points[] = {
	[IR_INGRESS] = BPF_TC_EGRESS, [IR_EGRESS] = BPF_TC_INGRESS};
static const uint32_t parents[] = {[IR_INGRESS] = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
				   [IR_EGRESS] = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)};

/* --- looking: libbpf can ask for one filter, but not what else is there ------------------ */

enum { ANSWER_SIZE = 32768 };

typedef int (*visit_fn)(const struct tcmsg *tc, struct rtattr **attrs, void *ctx);

static void parse_attrs(struct rtattr *rta, int len, struct rtattr **out, unsigned max)
{
	for (; RTA_OK(rta, len); rta = RTA_NEXT(rta, len)) {
		unsigned type = rta->rta_type & NLA_TYPE_MASK;

		if (type <= max)
			out[type] = rta;
	}
}

/* One datagram of an answer. 1: the end. */
static int visit_messages(const struct nlmsghdr *h, size_t len, visit_fn visit, void *ctx)
{
	int r;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		struct rtattr *attrs[TCA_MAX + 1] = {0};
		struct tcmsg *tc = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			r = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			return r ? r : 1;
		}
		if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
			return -EBADMSG;
		parse_attrs(TCA_RTA(tc), (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*tc))), attrs,
			    TCA_MAX);
		r = visit(tc, attrs, ctx);
		if (r)
			return r;
	}
	return 0;
}

static int ask_on(int fd, const struct tcmsg *what, uint16_t type, uint16_t flags, visit_fn visit,
		  void *ctx)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg tc;
	} req = {
		.h = {.nlmsg_len = sizeof(req),
		      .nlmsg_type = type,
		      .nlmsg_flags = NLM_F_REQUEST | flags},
		.tc = *what,
	};
	_Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];
	ssize_t n;
	int r = 0;

	if (send(fd, &req, sizeof(req), 0) < 0)
		return -errno;
	while (r == 0) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EBADMSG;
		r = visit_messages((struct nlmsghdr *)buf, (size_t)n, visit, ctx);
	}
	return r < 0 ? r : 0;
}

static int ask(const struct tcmsg *what, uint16_t type, uint16_t flags, visit_fn visit, void *ctx)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int r;

	if (fd < 0)
		return -errno;
	r = ask_on(fd, what, type, flags, visit, ctx);
	close(fd);
	return r;
}

static void copy_kind(struct rtattr **attrs, char out[static 16])
{
	size_t n = attrs[TCA_KIND] ? RTA_PAYLOAD(attrs[TCA_KIND]) : 0;

	memset(out, 0, 16);
	memcpy(out, n ? RTA_DATA(attrs[TCA_KIND]) : "", n < 16 ? n : 15);
}

struct look {
	struct rt_device *dev;
	struct rt_hook *hook;
};

static int visit_qdisc(const struct tcmsg *tc __attribute__((unused)), struct rtattr **attrs,
		       void *ctx)
{
	struct look *look = ctx;
	char kind[16];

	copy_kind(attrs, kind);
	if (strcmp(kind, "clsact") == 0)
		look->dev->qdisc = RT_QDISC_CLSACT;
	else if (strcmp(kind, "ingress") == 0)
		look->dev->qdisc = RT_QDISC_INGRESS;
	return 0;
}

static uint32_t filter_prog_id(struct rtattr *options)
{
	struct rtattr *attrs[TCA_BPF_MAX + 1] = {0};

	if (!options)
		return 0;
	parse_attrs(RTA_DATA(options), (int)RTA_PAYLOAD(options), attrs, TCA_BPF_MAX);
	if (!attrs[TCA_BPF_ID] || RTA_PAYLOAD(attrs[TCA_BPF_ID]) < sizeof(uint32_t))
		return 0;
	return *(const uint32_t *)RTA_DATA(attrs[TCA_BPF_ID]);
}

/* A classifier at our priority bars the way if it is of another kind or protocol, as the
 * kernel allows one kind and one protocol a priority. One with handle 0 is the classifier
 * itself, not a filter in it. */
static int visit_filter(const struct tcmsg *tc, struct rtattr **attrs, void *ctx)
{
	struct rt_hook *hook = ((struct look *)ctx)->hook;
	uint32_t priority = TC_H_MAJ(tc->tcm_info) >> 16, protocol = TC_H_MIN(tc->tcm_info);
	bool bpf;
	char kind[16];

	copy_kind(attrs, kind);
	bpf = strcmp(kind, "bpf") == 0 && protocol == (uint32_t)htons(ETH_P_ALL);
	if (priority == RT_TC_PRIORITY && !bpf) {
		hook->blocked = true;
		memcpy(hook->kind, kind, sizeof(hook->kind));
	}
	if (tc->tcm_handle == 0)
		return 0;
	if (priority == RT_TC_PRIORITY && bpf && tc->tcm_handle == RT_TC_HANDLE)
		hook->prog_id = filter_prog_id(attrs[TCA_OPTIONS]);
	else
		hook->others++;
	return 0;
}

/* The one qdisc that clsact and its predecessor `ingress` share a place for. Older kernels
 * answer only with NLM_F_ECHO. */
static int look_qdisc(const struct tcmsg *dev, struct look *look)
{
	struct tcmsg what = *dev;
	int r;

	what.tcm_parent = TC_H_CLSACT;
	r = ask(&what, RTM_GETQDISC, NLM_F_ECHO | NLM_F_ACK, visit_qdisc, look);
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

int rt_tc_look(uint32_t ifindex, struct rt_device *out)
{
	struct tcmsg what = {.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex};
	struct look look = {.dev = out};
	int r;

	*out = (struct rt_device){0};
	r = look_qdisc(&what, &look);
	if (r || out->qdisc != RT_QDISC_CLSACT)
		return r;
	for (int d = 0; d < IR_N_DIRS && !r; d++) {
		look.hook = &out->hooks[d];
		what.tcm_parent = parents[d];
		r = ask(&what, RTM_GETTFILTER, NLM_F_DUMP, visit_filter, &look);
	}
	return r;
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

int rt_tc_put(uint32_t ifindex, const char *device, enum ir_dir dir, int prog_fd, bool replace,
	      struct diag *diag)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .handle = RT_TC_HANDLE,
		    .priority = RT_TC_PRIORITY, .flags = replace ? BPF_TC_F_REPLACE : 0);
	struct bpf_tc_hook hook = hook_of(ifindex, points[dir]);
	int r;

	rt_log_clear();
	r = bpf_tc_attach(&hook, &opts);
	if (r == 0)
		return 0;
	return rt_fail(diag, r, RT_CODE_ATTACH, "cannot attach the %s program to %s",
		       ir_dir_name(dir), device);
}

int rt_tc_drop(uint32_t ifindex, const char *device, enum ir_dir dir, struct diag *diag)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = RT_TC_HANDLE, .priority = RT_TC_PRIORITY);
	struct bpf_tc_hook hook = hook_of(ifindex, points[dir]);
	int r;

	rt_log_clear();
	r = bpf_tc_detach(&hook, &opts);
	if (r == 0 || r == -ENOENT || r == -ENODEV)
		return 0;
	return rt_fail(diag, r, RT_CODE_ATTACH, "cannot detach the %s program from %s",
		       ir_dir_name(dir), device);
}

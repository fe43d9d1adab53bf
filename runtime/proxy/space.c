/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "runtime/proxy/space.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/net_namespace.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/netlink.h"
#include "runtime/node/kernel/tc.h"

#define INNER_DEVICE "eth0"

enum {
	LOCAL_TABLE = 100,    /* in which every address is one of the namespace's own */
	NETNS_BASE = 1 << 30, /* identifiers that the kernel gives by itself begin at 0 */
};

/* So that a loose check of sources, which is all that a packet in a client's name can pass, finds
 * any address at all (RFC 3927). */
static const uint8_t outer_address[4] = {169, 254, 112, 1};

const char *proxy_device(enum polc_dir dir)
{
	return dir == POLC_INGRESS ? "polc_in" : "polc_out";
}

/* --- settings ------------------------------------------------------------------------------ */

struct setting {
	const char *name, *value; /* below /proc/sys/net; %s is the device */
};

/* Packets come in the name of clients, of the node as well. */
static const struct setting outside[] = {
	{"ipv4/conf/%s/rp_filter", "2"},     {"ipv4/conf/%s/accept_local", "1"},
	{"ipv4/conf/%s/forwarding", "1"},    {"ipv6/conf/%s/accept_ra", "0"},
	{"ipv6/conf/%s/addr_gen_mode", "1"},
};

/* No TIME_WAIT: a client that comes again from the same port gets a new connection. */
static const struct setting inside[] = {
	{"ipv4/ip_forward", "0"},
	{"ipv6/conf/all/forwarding", "0"},
	{"ipv4/conf/all/rp_filter", "0"},
	{"ipv4/conf/%s/rp_filter", "0"},
	{"ipv4/tcp_max_tw_buckets", "0"},
	{"ipv4/tcp_syncookies", "0"},
	{"ipv4/ip_local_port_range", POLC_PROXY_PORTS},
	{"ipv6/conf/%s/accept_ra", "0"},
	{"ipv6/conf/%s/addr_gen_mode", "1"},
	{"core/somaxconn", "4096"},
};

/* What this kernel does not have needs no setting; IPv6 may be off. */
static int set(const struct setting *s, const char *device, struct diag *diag)
{
	_cleanup_buf_ struct buf path = {0};
	const char *at = strstr(s->name, "%s");
	int fd, r = 0;

	buf_puts(&path, "/proc/sys/net/");
	buf_add(&path, s->name, at ? (size_t)(at - s->name) : strlen(s->name));
	if (at)
		buf_printf(&path, "%s%s", device, at + 2);
	fd = open(buf_str(&path), O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || write(fd, s->value, strlen(s->value)) < 0)
		r = rt_fail(diag, -errno, RT_CODE_PROXY, "cannot set %s", buf_str(&path));
	if (fd >= 0)
		close(fd);
	return r;
}

static int set_all(const struct setting *settings, size_t n, const char *device, struct diag *diag)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = set(&settings[i], device, diag);
	return r;
}

/* --- requests ------------------------------------------------------------------------------ */

static int no_answer(const struct tcmsg *tc __attribute__((unused)),
		     const struct nlattr **attrs __attribute__((unused)),
		     void *ctx __attribute__((unused)))
{
	return 0;
}

static int ask(const struct nlmsghdr *h, const char *what, struct diag *diag)
{
	int r = rt_netlink_ask(h, no_answer, NULL);

	return r ? rt_fail(diag, r, RT_CODE_PROXY, "cannot %s", what) : 0;
}

static int name_netns(pid_t pid, uint32_t id, struct diag *diag)
{
	const struct rtgenmsg head = {.rtgen_family = AF_UNSPEC};
	struct rt_request req;
	struct nlmsghdr *h = rt_request_make(&req, RTM_NEWNSID, NLM_F_ACK, &head, sizeof(head));

	mnl_attr_put_u32(h, NETNSA_PID, (uint32_t)pid);
	mnl_attr_put_u32(h, NETNSA_NSID, id);
	return ask(h, "name the network namespace of the proxy", diag);
}

static void put_end(struct nlmsghdr *h, const char *name, uint32_t mtu)
{
	static const uint8_t mac[] = {POLC_PROXY_MAC_HEAD, POLC_PROXY_MAC_TAIL};

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
}

/* Both ends have one address, so that what one of them sends is for the other, and nobody asks. */
static int make_device(const char *name, pid_t pid, uint32_t mtu, struct diag *diag)
{
	const struct ifinfomsg head = {
		.ifi_family = AF_UNSPEC, .ifi_flags = IFF_NOARP, .ifi_change = IFF_NOARP};
	struct rt_request req;
	struct nlmsghdr *h = rt_request_make(
		&req, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	struct nlattr *info, *data, *peer;

	put_end(h, name, mtu);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	memcpy(mnl_nlmsg_put_extra_header(h, sizeof(head)), &head, sizeof(head));
	put_end(h, INNER_DEVICE, mtu);
	mnl_attr_put_u32(h, IFLA_NET_NS_PID, (uint32_t)pid);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return ask(h, "make the device of the proxy", diag);
}

/* That of a proxy which is gone goes by itself, but later. */
static int remove_device(const char *name)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	struct rt_request req;
	struct nlmsghdr *h = rt_request_make(&req, RTM_DELLINK, NLM_F_ACK, &head, sizeof(head));

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return rt_netlink_ask(h, no_answer, NULL);
}

static int bring_up(uint32_t ifindex, struct diag *diag)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC,
				       .ifi_index = (int)ifindex,
				       .ifi_flags = IFF_UP,
				       .ifi_change = IFF_UP};
	struct rt_request req;

	return ask(rt_request_make(&req, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head)),
		   "bring a device of the proxy up", diag);
}

static int add_address(uint32_t ifindex, struct diag *diag)
{
	const struct ifaddrmsg head = {.ifa_family = AF_INET,
				       .ifa_prefixlen = 32,
				       .ifa_scope = RT_SCOPE_LINK,
				       .ifa_index = ifindex};
	struct rt_request req;
	struct nlmsghdr *h =
		rt_request_make(&req, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE, &head, sizeof(head));

	mnl_attr_put(h, IFA_LOCAL, sizeof(outer_address), outer_address);
	return ask(h, "give the device of the proxy an address", diag);
}

/* Everything, in this table, by this device. */
static int add_route(uint8_t family, uint32_t ifindex, bool local, struct diag *diag)
{
	const struct rtmsg head = {.rtm_family = family,
				   .rtm_table = local ? LOCAL_TABLE : RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_STATIC,
				   .rtm_scope = local ? RT_SCOPE_HOST : RT_SCOPE_LINK,
				   .rtm_type = local ? RTN_LOCAL : RTN_UNICAST};
	struct rt_request req;
	struct nlmsghdr *h =
		rt_request_make(&req, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE, &head, sizeof(head));

	mnl_attr_put_u32(h, RTA_OIF, ifindex);
	return ask(h, "make a route for the proxy", diag);
}

/* What comes in is local. */
static int add_rule(uint8_t family, struct diag *diag)
{
	const struct fib_rule_hdr head = {
		.family = family, .table = LOCAL_TABLE, .action = FR_ACT_TO_TBL};
	struct rt_request req;
	struct nlmsghdr *h =
		rt_request_make(&req, RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE, &head, sizeof(head));

	mnl_attr_put_strz(h, FRA_IIFNAME, INNER_DEVICE);
	return ask(h, "make a rule for the proxy's routes", diag);
}

/* --- programs -------------------------------------------------------------------------------- */

/* Where a program of an object stands. */
struct stand {
	const char *program;
	enum polc_hook hook;
};

static int attach(struct bpf_object *obj, const struct stand *s, uint32_t ifindex,
		  const char *device, struct diag *diag)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(obj, s->program);
	struct rt_tc_put put = {.ifindex = ifindex, .device = device, .hook = s->hook};

	if (!prog)
		return rt_fail(diag, -ENOENT, RT_CODE_PROXY, "there is no program %s", s->program);
	put.prog_fd = bpf_program__fd(prog);
	return rt_tc_put(&put, diag);
}

static int attach_all(struct bpf_object *obj, const struct stand *stands, size_t n,
		      const char *device, struct diag *diag)
{
	uint32_t ifindex = if_nametoindex(device);
	bool made;
	int r = rt_tc_make_clsact(ifindex, device, &made, diag);

	for (size_t i = 0; i < n && !r; i++)
		r = attach(obj, &stands[i], ifindex, device, diag);
	return r;
}

static int load_at(const char *object, const struct stand *stands, size_t n, const char *device,
		   struct diag *diag)
{
	struct bpf_object *obj = bpf_object__open_file(object, NULL);
	int r = libbpf_get_error(obj) ? (int)libbpf_get_error(obj) : bpf_object__load(obj);

	if (r)
		r = rt_fail(diag, r, RT_CODE_PROXY, "cannot load the programs of %s", object);
	else
		r = attach_all(obj, stands, n, device, diag);
	if (!libbpf_get_error(obj))
		bpf_object__close(obj);
	return r;
}

/* --- the node's side ------------------------------------------------------------------------- */

int proxy_space_join(enum polc_dir dir, pid_t pid, uint32_t mtu, const char *past,
		     struct diag *diag, struct polc_proxy *out)
{
	static const struct stand stand = {"polc_past", POLC_HOOK_EP_OUT};
	const char *name = proxy_device(dir);
	int r;

	out->netns = (uint32_t)(NETNS_BASE + pid);
	remove_device(name);
	r = name_netns(pid, out->netns, diag);
	if (!r)
		r = make_device(name, pid, mtu, diag);
	if (r)
		return r;
	out->ifindex = if_nametoindex(name);
	if (!out->ifindex)
		return rt_fail(diag, -errno, RT_CODE_PROXY, "the device %s is gone", name);
	r = set_all(outside, sizeof(outside) / sizeof(*outside), name, diag);
	if (!r)
		r = bring_up(out->ifindex, diag);
	if (!r)
		r = add_address(out->ifindex, diag);
	return r ? r : load_at(past, &stand, 1, name, diag);
}

void proxy_space_leave(enum polc_dir dir)
{
	remove_device(proxy_device(dir));
}

/* --- another MTU ----------------------------------------------------------------------------- */

static int set_mtu(const char *name, uint32_t mtu)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	struct rt_request req;
	struct nlmsghdr *h = rt_request_make(&req, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return rt_netlink_ask(h, no_answer, NULL);
}

static int enter(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || setns(fd, CLONE_NEWNET) ? -errno : 0;
}

/* By a child, as nobody need come back from there. It ends with the errno. */
static int set_mtu_inside(pid_t pid, uint32_t mtu)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int r = enter(pid);

		_exit(-(r ? r : set_mtu(INNER_DEVICE, mtu)));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int proxy_space_fit(enum polc_dir dir, const struct polc_proxy *proxy, uint32_t mtu,
		    struct diag *diag)
{
	int r = set_mtu(proxy_device(dir), mtu);

	if (!r)
		r = set_mtu_inside((pid_t)(proxy->netns - NETNS_BASE), mtu);
	return r ? rt_fail(diag, r, RT_CODE_PROXY, "cannot give %s an MTU of %u", proxy_device(dir),
			   mtu)
		 : 0;
}

/* --- inside ---------------------------------------------------------------------------------- */

static int add_routes(uint8_t family, uint32_t lo, uint32_t ifindex, struct diag *diag)
{
	int r = add_rule(family, diag);

	if (!r)
		r = add_route(family, lo, true, diag);
	return r ? r : add_route(family, ifindex, false, diag);
}

int proxy_space_settle(enum polc_dir dir, const char *listen, struct diag *diag)
{
	const struct stand stands[] = {
		{"polc_listen", POLC_HOOK_EP_OUT},
		{dir == POLC_INGRESS ? "polc_say_ingress" : "polc_say_egress", POLC_HOOK_EP_IN}};
	uint32_t lo = if_nametoindex("lo"), ifindex = if_nametoindex(INNER_DEVICE);
	int r = set_all(inside, sizeof(inside) / sizeof(*inside), INNER_DEVICE, diag);

	if (!r)
		r = bring_up(lo, diag);
	if (!r)
		r = bring_up(ifindex, diag);
	if (!r)
		r = add_routes(AF_INET, lo, ifindex, diag);
	if (!r && access("/proc/sys/net/ipv6", F_OK) == 0)
		r = add_routes(AF_INET6, lo, ifindex, diag);
	return r ? r : load_at(listen, stands, 2, INNER_DEVICE, diag);
}

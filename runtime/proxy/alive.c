/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* setns */
#include "runtime/proxy/alive.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 16, PATH_SIZE = 64 };

/* Of one message: 1: there are more to come; 0: it was the last; or -errno. */
typedef int (*visit_fn)(const struct nlmsghdr *h, void *ctx);

/* A dump may also end with an error. */
static int end_of(const struct nlmsghdr *h)
{
	return mnl_nlmsg_get_payload_len(h) >= sizeof(int) ? *(const int *)mnl_nlmsg_get_payload(h)
							   : 0;
}

static int visit_one(const struct nlmsghdr *h, visit_fn visit, void *ctx)
{
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		return -EINTR;
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE)
		return end_of(h);
	return visit(h, ctx);
}

static int receive(int fd, visit_fn visit, void *ctx)
{
	_Alignas(struct nlmsghdr) char room[ROOM];
	int r = 1;

	while (r > 0) {
		ssize_t got = recv(fd, room, sizeof(room), MSG_TRUNC);
		int n = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || got > (ssize_t)sizeof(room))
			return got < 0 ? -errno : -EMSGSIZE;
		for (const struct nlmsghdr *h = (const void *)room; r > 0 && mnl_nlmsg_ok(h, n);
		     h = mnl_nlmsg_next(h, &n))
			r = visit_one(h, visit, ctx);
	}
	return r;
}

static int ask(int fd, const struct nlmsghdr *h, visit_fn visit, void *ctx)
{
	return send(fd, h, h->nlmsg_len, 0) < 0 ? -errno : receive(fd, visit, ctx);
}

/* --- the namespace ---------------------------------------------------------------------------- */

static int read_id(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct rtgenmsg)) if (mnl_attr_get_type(a) == NETNSA_NSID) *
		(uint32_t *)ctx = mnl_attr_get_u32(a);
	return 0;
}

static struct nlmsghdr *request_ids(char *room, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct rtgenmsg *head = mnl_nlmsg_put_extra_header(h, sizeof(*head));

	h->nlmsg_type = RTM_GETNSID;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	head->rtgen_family = AF_UNSPEC;
	return h;
}

static bool has_id(int rtnl, int space, uint32_t id)
{
	_Alignas(struct nlmsghdr) char room[ROOM / 256];
	struct nlmsghdr *h = request_ids(room, 0);
	uint32_t got = ~id;

	mnl_attr_put_u32(h, NETNSA_FD, (uint32_t)space);
	return ask(rtnl, h, read_id, &got) == 0 && got == id;
}

static int space_of(const char *pid)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* By a process that is there. */
static int search(int rtnl, uint32_t id)
{
	DIR *proc = opendir("/proc");
	const struct dirent *e;
	int space = -1;

	while (proc && space < 0 && (e = readdir(proc))) {
		space = isdigit((unsigned char)e->d_name[0]) ? space_of(e->d_name) : -1;
		if (space >= 0 && !has_id(rtnl, space, id)) {
			close(space);
			space = -1;
		}
	}
	if (proc)
		closedir(proc);
	return space < 0 ? -ESRCH : space;
}

struct seeking {
	uint32_t id;
	bool found;
};

static int compare_id(const struct nlmsghdr *h, void *ctx)
{
	struct seeking *s = ctx;
	uint32_t got = ~s->id;

	read_id(h, &got);
	s->found |= got == s->id;
	return 1;
}

/* Has our namespace an identifier of this number? It goes with the namespace that it is for. */
static int is_known(int rtnl, uint32_t id)
{
	_Alignas(struct nlmsghdr) char room[ROOM / 256];
	struct seeking s = {.id = id};
	int r = ask(rtnl, request_ids(room, NLM_F_DUMP), compare_id, &s);

	return r ? r : s.found;
}

/* -ENOENT: it is gone. */
static int find_space(uint32_t id)
{
	int rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), r;

	if (rtnl < 0)
		return -errno;
	r = is_known(rtnl, id);
	if (r >= 0)
		r = r ? search(rtnl, id) : -ENOENT;
	close(rtnl);
	return r;
}

/* A socket stays in the namespace that it was made in, and this thread comes back. */
static int open_in(int space)
{
	int home = space_of("thread-self"), fd, err;

	if (home < 0 || setns(space, CLONE_NEWNET)) {
		err = errno;
		if (home >= 0)
			close(home);
		return -err;
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	err = errno;
	if (setns(home, CLONE_NEWNET))
		abort();
	close(home);
	return fd < 0 ? -err : fd;
}

/* --- its connections -------------------------------------------------------------------------- */

/* A number; that some other program keeps with a socket may count as one. */
static void read_storage(const struct nlattr *storage, bool *out)
{
	const struct nlattr *a;
	uint32_t number;

	mnl_attr_for_each_nested(a, storage)
	{
		if (mnl_attr_get_type(a) != SK_DIAG_BPF_STORAGE_MAP_VALUE ||
		    mnl_attr_get_payload_len(a) != sizeof(number))
			continue;
		memcpy(&number, mnl_attr_get_payload(a), sizeof(number));
		if (number < POLC_LISTENERS)
			out[number] = true;
	}
}

/* The proxy has left it, and the kernel says farewell: nothing is read from it any more. One that
 * is yet to be accepted has no owner, too, but is open. */
static bool is_left(const struct inet_diag_msg *m)
{
	const uint32_t closing =
		1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSING | 1u << TCP_LAST_ACK;

	return !m->idiag_inode && (1u << m->idiag_state & closing);
}

static int read_socket(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *a, *storage;

	if (is_left(mnl_nlmsg_get_payload(h)))
		return 1;
	mnl_attr_for_each(a, h, sizeof(struct inet_diag_msg))
	{
		if (mnl_attr_get_type(a) != INET_DIAG_SK_BPF_STORAGES)
			continue;
		mnl_attr_for_each_nested(storage, a) read_storage(storage, ctx);
	}
	return 1;
}

/* Kernels that give a packet to a listener tell what is stored with its sockets (both Linux 5.7).
 * What is no connection yet has had nothing to say, and is led again with its next packet. */
static int read_sockets(int fd, uint8_t family, bool *out)
{
	_Alignas(struct nlmsghdr) char room[ROOM / 256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct inet_diag_req_v2 *head;
	struct nlattr *all;

	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(h, sizeof(*head));
	head->sdiag_family = family;
	head->sdiag_protocol = IPPROTO_TCP;
	head->idiag_states = ~(1u << TCP_LISTEN | 1u << TCP_TIME_WAIT | 1u << TCP_SYN_RECV);
	all = mnl_attr_nest_start(h, INET_DIAG_REQ_SK_BPF_STORAGES);
	mnl_attr_nest_end(h, all);
	return ask(fd, h, read_socket, out);
}

int proxy_alive_find(uint32_t netns, bool out[static POLC_LISTENERS])
{
	int space = find_space(netns), fd, r;

	if (space < 0)
		return space == -ENOENT ? 0 : space;
	fd = open_in(space);
	close(space);
	if (fd < 0)
		return fd;
	r = read_sockets(fd, AF_INET, out);
	if (!r)
		r = read_sockets(fd, AF_INET6, out);
	close(fd);
	return r;
}

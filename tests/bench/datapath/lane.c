/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/datapath/lane.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/tool.h"

#define FEED     "feed"
#define FEED_MAC "02:00:00:00:00:01"
#define FAR_MAC  "02:00:00:00:00:02"

static int current_space(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

bool lane_enter(int space)
{
	if (setns(space, CLONE_NEWNET) == 0)
		return true;
	perror("setns");
	return false;
}

/* A new namespace; the process stays where it is. */
static int space_new(void)
{
	int old = current_space(), fresh = -1;

	if (old >= 0 && unshare(CLONE_NEWNET) == 0) {
		fresh = current_space();
		lane_enter(old);
	}
	if (fresh < 0)
		perror("a new network namespace");
	close(old);
	return fresh;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static bool set(const char *name, const char *value)
{
	char path[128];
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, value, strlen(value)) > 0;
	close(fd);
	return ok;
}

/* IPv6 stays away: its own messages would be packets that nobody sent. */
static bool prepare_space(void)
{
	set("ipv6/conf/all/disable_ipv6", "1");
	set("ipv6/conf/default/disable_ipv6", "1");
	return tool_ip("link set lo up\n");
}

static bool prepare_node(void)
{
	return prepare_space() && set("ipv4/ip_forward", "1") &&
	       set("ipv4/conf/all/rp_filter", "0") && set("ipv4/conf/default/rp_filter", "0") &&
	       set("ipv4/conf/all/send_redirects", "0") &&
	       set("ipv4/conf/default/send_redirects", "0") &&
	       tool_ip("link add " FEED " address " FEED_MAC
		       " type veth peer name far address " FAR_MAC "\nlink set " FEED
		       " up\nlink set far up\n");
}

int lane_node_new(void)
{
	int old = current_space(), node = space_new();
	bool ok = old >= 0 && node >= 0 && lane_enter(node) && prepare_node() && lane_enter(old);

	if (!ok && node >= 0) {
		lane_enter(old);
		close(node);
		node = -1;
	}
	close(old);
	return node;
}

void lane_feed_macs(uint8_t to[static 6], uint8_t from[static 6])
{
	static const uint8_t feed[6] = {2, 0, 0, 0, 0, 1}, far[6] = {2, 0, 0, 0, 0, 2};

	memcpy(to, feed, sizeof(feed));
	memcpy(from, far, sizeof(far));
}

/* --- pods ---------------------------------------------------------------------------------------
 */

/* Neighbours are known from the start, so that nobody waits for ARP. */
static bool prepare_pod(const struct lane *l)
{
	return prepare_space() &&
	       tool_ip("link set eth0 up\n"
		       "addr add %s/32 dev eth0\n"
		       "route add 169.254.1.1 dev eth0\n"
		       "route add default via 169.254.1.1\n"
		       "neigh add 169.254.1.1 lladdr 02:00:00:01:00:%02x dev eth0\n",
		       l->addr, l->number);
}

static bool link_pod(struct lane *l)
{
	bool ok = tool_ip("link add %s address 02:00:00:01:00:%02x type veth "
			  "peer name eth0 address 02:00:00:02:00:%02x netns /proc/%d/fd/%d\n"
			  "link set %s up\n"
			  "addr add 169.254.1.1/32 dev %s\n"
			  "route add %s dev %s\n"
			  "neigh add %s lladdr 02:00:00:02:00:%02x dev %s\n",
			  l->device, l->number, l->number, getpid(), l->pod, l->device, l->device,
			  l->addr, l->device, l->addr, l->number, l->device);

	l->feed = if_nametoindex(FEED);
	return ok && l->feed;
}

bool lane_init(struct lane *l, int node, const char *device, const char *addr, unsigned number)
{
	int old = current_space();
	bool ok;

	*l = (struct lane){.node = node < 0 ? lane_node_new() : dup(node),
			   .pod = space_new(),
			   .device = device,
			   .addr = addr,
			   .number = number};
	ok = old >= 0 && l->node >= 0 && l->pod >= 0 && lane_enter(l->node) && link_pod(l) &&
	     lane_enter(l->pod) && prepare_pod(l);
	lane_enter(old);
	close(old);
	return ok;
}

void lane_fini(struct lane *l)
{
	if (l->node >= 0)
		close(l->node);
	if (l->pod >= 0)
		close(l->pod);
	l->node = l->pod = -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/kernel/bpf/led.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int led_init(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	return system("ip link set lo up && ip route add local default dev lo && "
		      "ip -6 route add local default dev lo")
		       ? -EIO
		       : 0;
}

static socklen_t address(const struct net_addr *addr, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (addr->family == NET_V4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, addr->bytes, sizeof(v4->sin_addr));
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, addr->bytes, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

/* At addresses that are nobody's, and connected at once: a socket under repair asks no peer. */
static bool connect_alone(int fd, const struct model_tuple *t)
{
	bool v4 = t->src.family == NET_V4;
	struct sockaddr_storage at;
	socklen_t size = address(&t->src, t->sport, &at);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, v4 ? SOL_IP : SOL_IPV6, v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, &on,
		       sizeof(on)) ||
	    setsockopt(fd, SOL_TCP, TCP_REPAIR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, size))
		return false;
	size = address(&t->dst, t->dport, &at);
	return !connect(fd, (struct sockaddr *)&at, size);
}

/* Of some addresses the kernel makes others: 0.0.0.0 is the machine itself. */
static bool is_at(int fd, const struct model_tuple *t)
{
	struct sockaddr_storage want, got = {0};
	socklen_t size = address(&t->src, t->sport, &want), n = sizeof(got);

	if (getsockname(fd, (struct sockaddr *)&got, &n) || memcmp(&got, &want, size) != 0)
		return false;
	size = address(&t->dst, t->dport, &want);
	memset(&got, 0, sizeof(got));
	n = sizeof(got);
	return !getpeername(fd, (struct sockaddr *)&got, &n) && memcmp(&got, &want, size) == 0;
}

int led_open(const struct model_tuple *t)
{
	int fd = socket(t->src.family == NET_V4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);

	if (fd < 0)
		return -errno;
	if (connect_alone(fd, t) && is_at(fd, t))
		return fd;
	close(fd);
	return -EADDRNOTAVAIL;
}

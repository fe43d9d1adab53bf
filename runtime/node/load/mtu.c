/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/mtu.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/node/state/records.h"

/* Of those that there are: 0 is none. */
static uint32_t smaller(uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a + b;
	return a < b ? a : b;
}

static uint32_t of_device(int fd, uint32_t ifindex)
{
	struct ifreq req = {0};

	if (!if_indextoname(ifindex, req.ifr_name) || ioctl(fd, SIOCGIFMTU, &req))
		return 0;
	return (uint32_t)req.ifr_mtu;
}

static uint32_t of_endpoints(struct rt_session *s)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct rt_entries entries;
	uint32_t mtu = 0;

	if (fd < 0)
		return 0;
	rt_records_read(s, false, &entries);
	vec_each (struct rt_entry, e, &entries)
		if (e->rec.netns == s->netns)
			mtu = smaller(mtu, of_device(fd, e->rec.ifindex));
	close(fd);
	return mtu;
}

/* To an address that nobody has (RFC 5737, RFC 3849), so that the way is that to anywhere. Nothing
 * is sent. The kernel knows of a route's own MTU, too. */
static uint32_t of_way(const struct sockaddr *to, socklen_t size, int level, int option)
{
	int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t n = sizeof(mtu);

	if (fd < 0)
		return 0;
	if (connect(fd, to, size) || getsockopt(fd, level, option, &mtu, &n) || mtu < 0)
		mtu = 0;
	close(fd);
	return (uint32_t)mtu;
}

static uint32_t of_default_routes(void)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};

	inet_pton(AF_INET, "203.0.113.1", &to4.sin_addr);
	inet_pton(AF_INET6, "2001:db8:ffff::1", &to6.sin6_addr);
	return smaller(of_way((const struct sockaddr *)&to4, sizeof(to4), IPPROTO_IP, IP_MTU),
		       of_way((const struct sockaddr *)&to6, sizeof(to6), IPPROTO_IPV6, IPV6_MTU));
}

uint32_t rt_mtu_find(struct rt_session *s)
{
	return smaller(of_endpoints(s), of_default_routes());
}

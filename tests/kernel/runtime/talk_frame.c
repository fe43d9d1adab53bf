/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: talk frame ADDRESS PORT from=ADDRESS mac=MAC [OPTION...]
 *            source=ADDRESS  size=N  ms=N  tags=N  paged  fragments|late|missing
 *
 * A datagram as frames that no socket would send, out of eth0 to the MAC address: with another
 * source than that where the echo is heard; tagged; with nothing but the Ethernet header in the
 * linear part of the skb (paged, for more than a page); in two fragments, which may come in the
 * wrong order (late) or without the first (missing). Waits for the echo, like `talk udp`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/kernel/runtime/talk.h"
#include "tests/lib/packet.h"

struct frame {
	struct packet_spec spec;
	const char *host, *port, *from, *source;
	uint8_t mac[6];
	int ms;
	bool paged, first, rest, late;
};

static void read_mac(struct frame *f, const char *text)
{
	uint8_t *m = f->mac;

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) !=
	    6)
		exit(2);
}

static void read_argument(struct frame *f, const char *arg)
{
	const char *v;

	if ((v = talk_option(arg, "from=")))
		f->from = v;
	else if ((v = talk_option(arg, "source=")))
		f->source = v;
	else if ((v = talk_option(arg, "mac=")))
		read_mac(f, v);
	else if ((v = talk_option(arg, "size=")))
		f->spec.payload = (size_t)atoi(v);
	else if ((v = talk_option(arg, "tags=")))
		f->spec.vlans = (unsigned)atoi(v);
	else if ((v = talk_option(arg, "ms=")))
		f->ms = atoi(v);
	else if (strcmp(arg, "paged") == 0)
		f->paged = true;
	else if (strcmp(arg, "late") == 0)
		f->rest = f->first = f->late = true;
	else if (strcmp(arg, "missing") == 0)
		f->rest = true;
	else if (strcmp(arg, "fragments") == 0)
		f->first = f->rest = true;
	else if (f->host)
		f->port = arg;
	else
		f->host = arg;
}

/* A socket that hears the echo. Its port is the source port of the frames. */
static int listen_for_echo(struct frame *f)
{
	struct talk_addr to = talk_resolve(f->host, f->port);
	int fd = talk_socket(&to, SOCK_DGRAM, 0, f->from);
	struct sockaddr_in6 own; /* the port is at the same place in IPv4 */
	socklen_t len = sizeof(own);

	if (talk_connect(fd, &to) || getsockname(fd, (struct sockaddr *)&own, &len))
		return -1;
	f->spec.sport = ntohs(own.sin6_port);
	f->spec.dport = (uint16_t)atoi(f->port);
	return fd;
}

static int send_bytes(int fd, const struct frame *f, struct packet *p)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex("eth0"),
				 .sll_halen = ETH_ALEN};
	struct virtio_net_hdr head = {.hdr_len = ETH_HLEN};
	struct iovec parts[] = {{&head, sizeof(head)}, {p->data, p->len}};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof(to),
			   .msg_iov = f->paged ? parts : parts + 1,
			   .msg_iovlen = f->paged ? 2 : 1};

	memcpy(p->data, f->mac, ETH_ALEN);
	memcpy(&to.sll_protocol, p->data + 2 * ETH_ALEN, 2);
	return sendmsg(fd, &m, 0) < 0 ? -errno : 0;
}

static int send_part(int fd, const struct frame *f, const struct packet *whole, bool first)
{
	size_t all = whole->len - whole->l4, cut = all / 2 & ~(size_t)7;
	struct packet p;

	packet_fragment(&p, whole, first ? 0 : cut, first ? cut : all, f->spec.sport);
	return send_bytes(fd, f, &p);
}

static int send_frames(int fd, const struct frame *f)
{
	struct packet whole;
	int err = 0;

	packet_build(&whole, &f->spec);
	if (!f->rest)
		return send_bytes(fd, f, &whole);
	if (f->first && !f->late)
		err = send_part(fd, f, &whole, true);
	if (!err)
		err = send_part(fd, f, &whole, false);
	if (!err && f->late)
		err = send_part(fd, f, &whole, true);
	return err;
}

int talk_frame(int argc, char **argv)
{
	struct frame f = {.spec = {.proto = IPPROTO_UDP, .payload = 64}, .ms = 700};
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), yes = 1, echo;
	char buf[PACKET_MAX];

	for (int i = 0; i < argc; i++)
		read_argument(&f, argv[i]);
	if (!f.port || !f.from || net_addr_parse(f.source ? f.source : f.from, &f.spec.src) ||
	    net_addr_parse(f.host, &f.spec.dst))
		return 2;
	echo = listen_for_echo(&f);
	if (raw < 0 || echo < 0 ||
	    (f.paged && setsockopt(raw, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes))) ||
	    send_frames(raw, &f)) {
		perror("talk: frame");
		return 2;
	}
	if (!talk_wait(echo, POLLIN, talk_now_ms() + f.ms))
		return talk_say(ETIMEDOUT);
	return talk_say(recv(echo, buf, sizeof(buf), 0) == (ssize_t)f.spec.payload ? 0 : EBADMSG);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/log.h"

/* A batch's answers wait in the socket until we read them: about 1 KiB each. */
enum { ANSWER_SIZE = 32768, BATCH = 64, RECEIVE_BUFFER = 1 << 20 };

/* --- requests ---------------------------------------------------------------------------- */

void rt_request_init(struct rt_request *r, uint16_t type, uint16_t flags, const struct tcmsg *tc)
{
	*r = (struct rt_request){
		.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(*tc)),
		      .nlmsg_type = type,
		      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
		.tc = *tc,
	};
}

static struct rtattr *end_of(struct rt_request *r)
{
	return (struct rtattr *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));
}

void rt_request_add(struct rt_request *r, uint16_t type, const void *data, size_t n)
{
	struct rtattr *a = end_of(r);

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

struct rtattr *rt_request_begin(struct rt_request *r, uint16_t type)
{
	struct rtattr *nest = end_of(r);

	rt_request_add(r, type | NLA_F_NESTED, "", 0);
	return nest;
}

void rt_request_end(struct rt_request *r, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((char *)end_of(r) - (char *)nest);
}

/* --- answers ------------------------------------------------------------------------------- */

void rt_attrs_parse(struct rtattr *rta, size_t size, struct rtattr **out, unsigned max)
{
	int len = (int)size;

	for (; RTA_OK(rta, len); rta = RTA_NEXT(rta, len)) {
		unsigned type = rta->rta_type & NLA_TYPE_MASK;

		if (type <= max)
			out[type] = rta;
	}
}

/* The kernel's own words about a refusal. */
static void keep_words(const struct nlmsghdr *h)
{
	struct nlmsgerr *err = NLMSG_DATA(h);
	size_t at = sizeof(*err);
	struct rtattr *attrs[NLMSGERR_ATTR_MSG + 1] = {0};
	const struct rtattr *words;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && err->msg.nlmsg_len > sizeof(err->msg))
		at += NLMSG_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	if (NLMSG_LENGTH(at) >= h->nlmsg_len)
		return;
	rt_attrs_parse((struct rtattr *)((char *)err + at), h->nlmsg_len - NLMSG_LENGTH(at), attrs,
		       NLMSGERR_ATTR_MSG);
	words = attrs[NLMSGERR_ATTR_MSG];
	if (words && RTA_PAYLOAD(words) > 1)
		rt_log_add(RTA_DATA(words), RTA_PAYLOAD(words) - 1);
}

static int refusal(const struct nlmsghdr *h)
{
	int err;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		return -EBADMSG;
	err = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
	if (err)
		keep_words(h);
	return err;
}

static bool parse_answer(const struct nlmsghdr *h, struct rtattr **attrs)
{
	const struct tcmsg *tc = NLMSG_DATA(h);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
		return false;
	rt_attrs_parse(TCA_RTA(tc), h->nlmsg_len - NLMSG_LENGTH(sizeof(*tc)), attrs, TCA_MAX);
	return true;
}

/* A datagram of answers: its size or -errno. */
static ssize_t receive(int fd, void *buf)
{
	ssize_t n;

	do
		n = recv(fd, buf, ANSWER_SIZE, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? n : -EBADMSG;
}

static int open_socket(int *out)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), yes = 1;
	int room = RECEIVE_BUFFER;

	if (fd < 0)
		return -errno;
	/* Comfort: refusals in words, a copy of the request left out of them. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof(yes));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	*out = fd;
	return 0;
}

/* --- one ------------------------------------------------------------------------------------- */

/* One datagram of an answer. 1: the end. */
static int visit_messages(const struct nlmsghdr *h, size_t len, rt_answer_fn visit, void *ctx)
{
	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		struct rtattr *attrs[TCA_MAX + 1] = {0};
		int r;

		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			r = refusal(h);
			return r ? r : 1;
		}
		if (!parse_answer(h, attrs))
			return -EBADMSG;
		r = visit(NLMSG_DATA(h), attrs, ctx);
		if (r)
			return r;
	}
	return 0;
}

static int ask_on(int fd, const struct rt_request *req, rt_answer_fn visit, void *ctx)
{
	_Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];
	int r = 0;

	if (send(fd, req, req->h.nlmsg_len, 0) < 0)
		return -errno;
	while (r == 0) {
		ssize_t n = receive(fd, buf);

		if (n < 0)
			return (int)n;
		r = visit_messages((struct nlmsghdr *)buf, (size_t)n, visit, ctx);
	}
	return r < 0 ? r : 0;
}

int rt_netlink_ask(struct rt_request *req, rt_answer_fn visit, void *ctx)
{
	int fd, r = open_socket(&fd);

	if (r)
		return r;
	r = ask_on(fd, req, visit, ctx);
	close(fd);
	return r;
}

/* --- many --------------------------------------------------------------------------------------
 */

struct batch {
	int fd;
	size_t first, n;
	rt_make_fn make;
	rt_each_fn visit;
	void *ctx;
};

static int send_batch(const struct batch *b)
{
	_Alignas(struct nlmsghdr) char buf[BATCH * sizeof(struct rt_request)];
	size_t size = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct rt_request req;

		b->make(b->first + i, &req, b->ctx);
		req.h.nlmsg_seq = (uint32_t)i + 1;
		memcpy(buf + size, &req, req.h.nlmsg_len);
		size += NLMSG_ALIGN(req.h.nlmsg_len);
	}
	return send(b->fd, buf, size, 0) < 0 ? -errno : 0;
}

/* How many of the batch's requests this datagram answers. */
static int take_answers(const struct batch *b, const struct nlmsghdr *h, size_t len)
{
	int n = 0;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len), n++) {
		struct rtattr *attrs[TCA_MAX + 1] = {0};
		size_t i = h->nlmsg_seq - 1u;

		if (i >= b->n)
			return -EBADMSG;
		if (h->nlmsg_type == NLMSG_ERROR)
			b->visit(b->first + i, refusal(h), NULL, b->ctx);
		else if (parse_answer(h, attrs))
			b->visit(b->first + i, 0, attrs, b->ctx);
		else
			return -EBADMSG;
	}
	return n;
}

static int ask_batch(const struct batch *b)
{
	_Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];
	int r = send_batch(b);

	for (size_t answered = 0; !r && answered < b->n;) {
		ssize_t n = receive(b->fd, buf);
		int got = n < 0 ? (int)n : take_answers(b, (struct nlmsghdr *)buf, (size_t)n);

		if (got < 0)
			return got;
		answered += (size_t)got;
	}
	return r;
}

int rt_netlink_ask_all(size_t n, rt_make_fn make, rt_each_fn visit, void *ctx)
{
	struct batch b = {.make = make, .visit = visit, .ctx = ctx};
	int r = n ? open_socket(&b.fd) : 0;

	if (r || !n)
		return r;
	for (; b.first < n && !r; b.first += b.n) {
		b.n = n - b.first < BATCH ? n - b.first : BATCH;
		r = ask_batch(&b);
	}
	close(b.fd);
	return r;
}

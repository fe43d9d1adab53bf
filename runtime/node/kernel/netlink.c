/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/netlink.h"

#include <errno.h>
#include <string.h>

#include "runtime/node/kernel/log.h"

/* A batch's answers wait in the socket until we read them: about 1 KiB each. */
enum { ANSWER_SIZE = 32768, BATCH = 64, RECEIVE_BUFFER = 1 << 20 };

struct nlmsghdr *rt_request_make(struct rt_request *r, uint16_t type, uint16_t flags,
				 const void *head, size_t size)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(r->room);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	memcpy(mnl_nlmsg_put_extra_header(h, size), head, size);
	return h;
}

struct nlmsghdr *rt_request_init(struct rt_request *r, uint16_t type, uint16_t flags,
				 const struct tcmsg *tc)
{
	return rt_request_make(r, type, flags, tc, sizeof(*tc));
}

/* --- answers ------------------------------------------------------------------------------- */

int rt_attrs_note(const struct nlattr *attr, void *attrs)
{
	const struct rt_attrs *a = attrs;

	if (mnl_attr_type_valid(attr, a->max) > 0)
		a->table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* The kernel's own words about a refusal. */
static void keep_words(const struct nlmsghdr *h)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(h);
	const struct nlattr *table[NLMSGERR_ATTR_MSG + 1] = {0}, *words;
	size_t at = sizeof(*err);

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		at += mnl_nlmsg_get_payload_len(&err->msg);
	if (at >= mnl_nlmsg_get_payload_len(h))
		return;
	mnl_attr_parse(h, (unsigned)at, rt_attrs_note,
		       &(struct rt_attrs){table, NLMSGERR_ATTR_MSG});
	words = table[NLMSGERR_ATTR_MSG];
	if (words && mnl_attr_validate(words, MNL_TYPE_NUL_STRING) == 0)
		rt_log_add(mnl_attr_get_str(words), strlen(mnl_attr_get_str(words)));
}

static int refusal(const struct nlmsghdr *h)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*err))
		return -EBADMSG;
	if (err->error)
		keep_words(h);
	return err->error;
}

static int parse_answer(const struct nlmsghdr *h, const struct nlattr **attrs)
{
	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct tcmsg))
		return -EBADMSG;
	mnl_attr_parse(h, sizeof(struct tcmsg), rt_attrs_note, &(struct rt_attrs){attrs, TCA_MAX});
	return 0;
}

/* --- the socket ------------------------------------------------------------------------------ */

static int open_socket(struct mnl_socket **out)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int yes = 1, room = RECEIVE_BUFFER;

	if (!nl)
		return -errno;
	/* Comfort: refusals in words, a copy of the request left out of them. */
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &yes, sizeof(yes));
	mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &yes, sizeof(yes));
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	*out = nl;
	return 0;
}

static int send_request(const struct mnl_socket *nl, const void *request, size_t size)
{
	return mnl_socket_sendto(nl, request, size) < 0 ? -errno : 0;
}

/* What libmnl's callbacks return for 0, a negative errno, or 1: enough. */
static int verdict(int r)
{
	if (r < 0)
		errno = -r;
	return r < 0 ? MNL_CB_ERROR : r ? MNL_CB_STOP : MNL_CB_OK;
}

/* Takes one datagram of answers. 1: more is to come, 0: the end, or -errno. */
static int receive(const struct mnl_socket *nl, mnl_cb_t answer, mnl_cb_t error, void *ctx)
{
	mnl_cb_t control[NLMSG_ERROR + 1] = {[NLMSG_ERROR] = error};
	_Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];
	ssize_t n;
	int r;

	do
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -EBADMSG;
	r = mnl_cb_run2(buf, (size_t)n, 0, 0, answer, ctx, control, MNL_ARRAY_SIZE(control));
	return r < 0 ? -errno : r;
}

/* --- one ------------------------------------------------------------------------------------- */

struct question {
	rt_answer_fn visit;
	void *ctx;
};

static int take_answer(const struct nlmsghdr *h, void *ctx)
{
	const struct question *q = ctx;
	const struct nlattr *attrs[TCA_MAX + 1] = {0};
	int r = parse_answer(h, attrs);

	return verdict(r ? r : q->visit(mnl_nlmsg_get_payload(h), attrs, q->ctx));
}

/* Of an error, or of none: then it is the last answer. */
static int take_error(const struct nlmsghdr *h, void *ctx __attribute__((unused)))
{
	int r = refusal(h);

	return verdict(r ? r : 1);
}

int rt_netlink_ask(const struct nlmsghdr *request, rt_answer_fn visit, void *ctx)
{
	struct question q = {visit, ctx};
	struct mnl_socket *nl;
	int r = open_socket(&nl), more = 1;

	if (r)
		return r;
	r = send_request(nl, request, request->nlmsg_len);
	while (!r && more > 0)
		more = receive(nl, take_answer, take_error, &q);
	mnl_socket_close(nl);
	return r ? r : more;
}

/* --- many ------------------------------------------------------------------------------------ */

struct batch {
	struct mnl_socket *nl;
	size_t first, n, answered;
	rt_make_fn make;
	rt_each_fn visit;
	void *ctx;
};

static int send_batch(const struct batch *b)
{
	struct rt_request requests[BATCH];
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(requests, sizeof(requests));
	int r;

	if (!batch)
		return -errno;
	for (size_t i = 0; i < b->n; i++) {
		struct nlmsghdr *h = mnl_nlmsg_batch_current(batch);

		b->make(b->first + i, (struct rt_request *)h, b->ctx);
		h->nlmsg_seq = (uint32_t)i + 1;
		mnl_nlmsg_batch_next(batch);
	}
	r = send_request(b->nl, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch));
	mnl_nlmsg_batch_stop(batch);
	return r;
}

/* An answer, or an error without attributes. */
static int take_one(struct batch *b, const struct nlmsghdr *h, int err, const struct nlattr **attrs)
{
	size_t i = h->nlmsg_seq - 1u;

	if (i >= b->n)
		return verdict(-EBADMSG);
	b->visit(b->first + i, err, attrs, b->ctx);
	b->answered++;
	return MNL_CB_OK;
}

static int take_one_answer(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *attrs[TCA_MAX + 1] = {0};
	int r = parse_answer(h, attrs);

	return r ? verdict(r) : take_one(ctx, h, 0, attrs);
}

static int take_one_error(const struct nlmsghdr *h, void *ctx)
{
	return take_one(ctx, h, refusal(h), NULL);
}

static int ask_batch(struct batch *b)
{
	int r = send_batch(b);

	b->answered = 0;
	while (r >= 0 && b->answered < b->n)
		r = receive(b->nl, take_one_answer, take_one_error, b);
	return r < 0 ? r : 0;
}

int rt_netlink_ask_all(size_t n, rt_make_fn make, rt_each_fn visit, void *ctx)
{
	struct batch b = {.make = make, .visit = visit, .ctx = ctx};
	int r = n ? open_socket(&b.nl) : 0;

	if (r || !n)
		return r;
	for (; b.first < n && !r; b.first += b.n) {
		b.n = n - b.first < BATCH ? n - b.first : BATCH;
		r = ask_batch(&b);
	}
	mnl_socket_close(b.nl);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/state/registry.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir_json.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

static int map_of(const struct rt_session *s, enum rt_map map)
{
	return s->node.fd[map];
}

static int fail(struct rt_session *s, enum rt_map map, int err, const char *what, const char *name)
{
	return rt_fail(s->diag, err, RT_CODE_MAP, "cannot %s %s in map %s", what, name,
		       rt_map_name(map));
}

static int refuse(struct rt_session *s, const struct ir_endpoint *ep, const char *what, int most)
{
	diag_error(s->diag, ep->loc, RT_CODE_CAPACITY,
		   "what is told of endpoint '%.80s' is too long: its %s take more than %d bytes",
		   ep->name, what, most);
	return -EINVAL;
}

/* --- names --------------------------------------------------------------------------------- */

/* False: it is too long. */
static bool name_key(const char *name, struct rt_peer_name *out)
{
	size_t n = strlen(name);

	*out = (struct rt_peer_name){0};
	if (n >= sizeof(out->s))
		return false;
	memcpy(out->s, name, n);
	return true;
}

int rt_registry_put(struct rt_session *s, const struct intern *strings,
		    const struct ir_endpoint *ep)
{
	_cleanup_buf_ struct buf json = {0};
	struct rt_peer_text text = {0};
	struct rt_peer_name name;
	int r;

	if (!name_key(ep->name, &name))
		return refuse(s, ep, "name", RT_NAME_SIZE - 1);
	ir_json_one(strings, ep, &json);
	if (json.n >= sizeof(text.s))
		return refuse(s, ep, "name, labels, addresses and ports", RT_PEER_TEXT - 1);
	memcpy(text.s, buf_str(&json), json.n);
	r = bpf_map_update_elem(map_of(s, RT_MAP_TOLD), &name, &text, BPF_ANY);
	return r ? fail(s, RT_MAP_TOLD, r, "write", ep->name) : 0;
}

int rt_registry_remove(struct rt_session *s, const char *name)
{
	struct rt_peer_name key;
	int r = name_key(name, &key) ? bpf_map_delete_elem(map_of(s, RT_MAP_TOLD), &key) : 0;

	return r && r != -ENOENT ? fail(s, RT_MAP_TOLD, r, "remove", name) : 0;
}

int rt_registry_find(struct rt_session *s, const char *name, struct arena *arena,
		     struct rt_peer *out)
{
	struct rt_peer_text text;
	struct rt_peer_name key;
	struct ir *ir;
	int r;

	*out = (struct rt_peer){0};
	if (!name_key(name, &key))
		return 0;
	r = bpf_map_lookup_elem(map_of(s, RT_MAP_TOLD), &key, &text);
	if (r)
		return r == -ENOENT ? 0 : fail(s, RT_MAP_TOLD, r, "read", name);
	text.s[sizeof(text.s) - 1] = '\0';
	r = ir_json_read_one(name, text.s, strlen(text.s), arena, s->diag, &ir);
	if (!r)
		*out = (struct rt_peer){ir, ir->endpoints.v[0]};
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rt_peer_name *)a)->s, ((const struct rt_peer_name *)b)->s);
}

int rt_registry_names(struct rt_session *s, struct rt_peer_names *out)
{
	struct rt_peer_name key;
	int fd = map_of(s, RT_MAP_TOLD), r;
	bool first = true;

	*out = (struct rt_peer_names){0};
	for (;; first = false) {
		r = bpf_map_get_next_key(fd, first ? NULL : &key, &key);
		if (r)
			break;
		key.s[sizeof(key.s) - 1] = '\0';
		vec_push(&s->arena, &out->list, key);
	}
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), by_name);
	return r == -ENOENT ? 0 : fail(s, RT_MAP_TOLD, r, "read", "the names");
}

/* --- addresses ------------------------------------------------------------------------------ */

static struct rt_peer_addr addr_key(const struct net_addr *addr)
{
	struct rt_peer_addr key = {.family = addr->family};

	memcpy(key.bytes, addr->bytes, addr->family == NET_V4 ? 4 : 16);
	return key;
}

static int fail_addr(struct rt_session *s, int err, const char *what, const struct net_addr *addr)
{
	char text[NET_ADDR_STRLEN];

	return fail(s, RT_MAP_OWNERS, err, what, net_addr_format(addr, text));
}

int rt_registry_owner(struct rt_session *s, const struct net_addr *addr, struct rt_peer_name *out)
{
	struct rt_peer_addr key = addr_key(addr);
	int r = bpf_map_lookup_elem(map_of(s, RT_MAP_OWNERS), &key, out);

	out->s[sizeof(out->s) - 1] = '\0';
	return r && r != -ENOENT ? fail_addr(s, r, "read", addr) : r;
}

int rt_registry_own(struct rt_session *s, const struct net_addr *addr, const char *name)
{
	struct rt_peer_addr key = addr_key(addr);
	struct rt_peer_name owner;
	int r;

	if (!name_key(name, &owner))
		return -EINVAL;
	r = bpf_map_update_elem(map_of(s, RT_MAP_OWNERS), &key, &owner, BPF_ANY);
	return r ? fail_addr(s, r, "write", addr) : 0;
}

int rt_registry_disown(struct rt_session *s, const struct net_addr *addr)
{
	struct rt_peer_addr key = addr_key(addr);
	int r = bpf_map_delete_elem(map_of(s, RT_MAP_OWNERS), &key);

	return r && r != -ENOENT ? fail_addr(s, r, "remove", addr) : 0;
}

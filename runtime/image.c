/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/image.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/log.h"

enum { VERIFIER_LOG_SIZE = 1 << 18 };

/* --- program sets ---------------------------------------------------------------------- */

int rt_programs_new(const char *name, size_t n_endpoints)
{
	uint32_t n = rt_image_slot(n_endpoints ? n_endpoints : 1, IR_INGRESS);

	return bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, name, sizeof(__u32), sizeof(__u32), n, NULL);
}

int rt_programs_put(int programs, uint32_t slot, int prog_fd)
{
	return bpf_map_update_elem(programs, &slot, &prog_fd, BPF_ANY);
}

int rt_programs_id(int programs, uint32_t slot, uint32_t *id)
{
	return bpf_map_lookup_elem(programs, &slot, id);
}

int rt_programs_open(int programs, uint32_t slot)
{
	uint32_t id;
	int r = rt_programs_id(programs, slot, &id);

	return r ? r : bpf_prog_get_fd_by_id(id);
}

/* --- the endpoint's constants ---------------------------------------------------------- */

static int set_addresses(struct polc_self *self, const struct bundle_endpoint *ep,
			 struct diag *diag)
{
	vec_each (struct net_addr, a, &ep->addrs) {
		bool v4 = a->family == NET_V4;
		uint32_t *n = v4 ? &self->n_addr4 : &self->n_addr6;

		if (*n == POLC_SELF_ADDRS) {
			diag_error(diag, LOC_NONE, RT_CODE_TOO_MANY_ADDRS,
				   "endpoint %s has more than %d IPv%d addresses, which the "
				   "datapath cannot check: give it fewer in the inventory",
				   ep->name, POLC_SELF_ADDRS, v4 ? 4 : 6);
			return -EINVAL;
		}
		if (v4)
			memcpy(&self->addr4_be[(*n)++], a->bytes, sizeof(self->addr4_be[0]));
		else
			memcpy(self->addr6[(*n)++], a->bytes, sizeof(self->addr6[0]));
	}
	if (self->check_source && !ep->addrs.n) {
		diag_error(diag, LOC_NONE, RT_CODE_NO_ADDRESS,
			   "endpoint %s has no address, so all it sends would count as spoofed: "
			   "give it its addresses in the inventory, or load without source check",
			   ep->name);
		return -EINVAL;
	}
	return 0;
}

static uint32_t default_class(const struct bundle *b, enum net_family family)
{
	vec_each (struct bundle_cidr, c, &b->cidrs)
		if (c->prefix.addr.family == family && c->prefix.len == 0)
			return c->cls;
	return 0;
}

/* Where polc_self is in the read-only data of `size` bytes; -ENOENT: this shape needs none. */
static int find_self(const struct bpf_object *obj, size_t size)
{
	const struct btf *btf = bpf_object__btf(obj);
	int sec = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	const struct btf_type *type = sec < 0 ? NULL : btf__type_by_id(btf, (uint32_t)sec);
	const struct btf_var_secinfo *var = type ? btf_var_secinfos(type) : NULL;

	for (uint32_t i = 0; var && i < btf_vlen(type); i++, var++) {
		const struct btf_type *v = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, v->name_off), "polc_self") == 0 &&
		    var->size == sizeof(struct polc_self) &&
		    (size_t)var->offset + var->size <= size)
			return (int)var->offset;
	}
	return -ENOENT;
}

static int patch_self(struct bpf_object *obj, const struct polc_self *self)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");
	size_t size = 0;
	const void *old = rodata ? bpf_map__initial_value(rodata, &size) : NULL;
	int offset = old ? find_self(obj, size) : -ENOENT;
	char *data;
	int r;

	if (offset < 0)
		return 0;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, old, size);
	memcpy(data + offset, self, sizeof(*self));
	r = bpf_map__set_initial_value(rodata, data, size);
	free(data);
	return r;
}

static int set_self(struct bpf_object *obj, const struct bundle *b,
		    const struct bundle_endpoint *ep, const struct rt_image_options *opts,
		    struct diag *diag)
{
	struct polc_self self = {
		.check_source = !opts->no_source_check,
		.in_cols = ep->tables[IR_INGRESS]->n_cols,
		.eg_cols = ep->tables[IR_EGRESS]->n_cols,
		.class4 = default_class(b, NET_V4),
		.class6 = default_class(b, NET_V6),
	};
	int r = set_addresses(&self, ep, diag);

	if (r)
		return r;
	r = patch_self(obj, &self);
	return r ? rt_fail(diag, r, RT_CODE_OBJECT, "cannot set the constants of endpoint %s",
			   ep->name)
		 : 0;
}

/* --- loading --------------------------------------------------------------------------- */

static const char *const program_names[] = {
	[IR_INGRESS] = POLC_PROG_INGRESS, [IR_EGRESS] = POLC_PROG_EGRESS};

struct loading {
	struct rt_image *image;
	const struct rt_image_options *opts;
	struct diag *diag;
	char *verifier_log; /* VERIFIER_LOG_SIZE */
};

static int bad_object(struct loading *l, const struct bundle_endpoint *ep, const char *what)
{
	struct diag_item *item = diag_error(l->diag, LOC_NONE, RT_CODE_OBJECT,
					    "the object of shape %s %s: build the bundle with this "
					    "version of polc",
					    ep->shape->name, what);

	rt_log_notes(l->diag, item);
	return -EINVAL;
}

/* Exactly our two programs, both for tc: nothing else of a bundle gets into the kernel. */
static int check_programs(struct loading *l, const struct bundle_endpoint *ep,
			  const struct bpf_object *obj)
{
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program(prog, obj)
	{
		if (bpf_program__type(prog) != BPF_PROG_TYPE_SCHED_CLS)
			return bad_object(l, ep, "has a program that is not for tc");
		n++;
	}
	for (int d = 0; d < IR_N_DIRS; d++)
		if (!bpf_object__find_program_by_name(obj, program_names[d]))
			return bad_object(l, ep, "lacks a program for a direction");
	return n == IR_N_DIRS ? 0
			      : bad_object(l, ep,
					   "has programs besides those of its two "
					   "directions");
}

static int bind_maps(struct loading *l, const struct bundle_endpoint *ep, struct bpf_object *obj)
{
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		r = rt_maps_bind(&l->image->maps, ep, map);
		if (r)
			return r;
	}
	return 0;
}

static int refused(struct loading *l, const struct bundle_endpoint *ep, int err)
{
	struct diag_item *item;

	if (!*l->verifier_log || err == -EPERM)
		return rt_fail(l->diag, err, RT_CODE_VERIFIER,
			       "the kernel refuses the programs of shape %s for endpoint %s",
			       ep->shape->name, ep->name);
	item = diag_error(l->diag, LOC_NONE, RT_CODE_VERIFIER,
			  "the kernel's verifier refuses a program of shape %s for endpoint %s: %s",
			  ep->shape->name, ep->name, strerror(-err));
	rt_log_verifier_notes(l->verifier_log, l->diag, item);
	return err;
}

static int keep_programs(struct loading *l, const struct bpf_object *obj, size_t endpoint)
{
	for (int d = 0; d < IR_N_DIRS; d++) {
		const struct bpf_program *prog =
			bpf_object__find_program_by_name(obj, program_names[d]);
		int r = rt_programs_put(l->image->programs, rt_image_slot(endpoint, d),
					bpf_program__fd(prog));

		if (r)
			return rt_fail(l->diag, r, RT_CODE_MAP, "cannot keep a loaded program");
	}
	return 0;
}

static int load_object(struct loading *l, const struct bundle_endpoint *ep, size_t endpoint,
		       struct bpf_object *obj)
{
	int r;

	r = check_programs(l, ep, obj);
	if (!r)
		r = set_self(obj, l->image->maps.bundle, ep, l->opts, l->diag);
	if (!r)
		r = bind_maps(l, ep, obj);
	if (r)
		return r;
	l->verifier_log[0] = '\0';
	rt_log_clear();
	r = bpf_object__load(obj);
	if (r)
		return refused(l, ep, r);
	return keep_programs(l, obj, endpoint);
}

static int load_endpoint(struct loading *l, const struct bundle_endpoint *ep, size_t endpoint)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "polc",
		    .kernel_log_buf = l->verifier_log, .kernel_log_size = VERIFIER_LOG_SIZE);
	struct bpf_object *obj;
	int r;

	rt_log_clear();
	obj = bpf_object__open_mem(ep->shape->object, ep->shape->object_size, &opts);
	if (!obj)
		return bad_object(l, ep, "is no BPF object that libbpf can read");
	r = load_object(l, ep, endpoint, obj);
	bpf_object__close(obj);
	return r;
}

/* Every table that later endpoints share stays open: four maps each, and the usual limit is
 * 1024 files. Failing is fine, few nodes have so many. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int load_all(struct loading *l, const struct bundle_endpoint *const *endpoints, size_t n)
{
	struct rt_maps *maps = &l->image->maps;
	int r = 0;

	allow_many_files();
	for (size_t i = 0; i < n; i++)
		rt_maps_expect(maps, endpoints[i]);
	for (size_t i = 0; i < n && !r; i++) {
		r = load_endpoint(l, endpoints[i], i);
		rt_maps_done(maps, endpoints[i]);
	}
	return r;
}

int rt_image_init(struct rt_image *image, const struct bundle *bundle,
		  const struct bundle_endpoint *const *endpoints, size_t n,
		  const struct rt_image_options *opts, struct diag *diag)
{
	_cleanup_rt_log_ struct rt_log log;
	struct loading l = {.image = image, .opts = opts, .diag = diag};
	int r;

	rt_log_begin(&log);
	*image = (struct rt_image){.n = n};
	image->programs = rt_programs_new("polc_progs", n);
	if (image->programs < 0)
		return rt_fail(diag, image->programs, RT_CODE_MAP, "cannot make a program map");
	r = rt_maps_init(&image->maps, bundle, opts->pin_dir, diag);
	if (!r) {
		l.verifier_log = malloc(VERIFIER_LOG_SIZE);
		r = l.verifier_log ? load_all(&l, endpoints, n) : -ENOMEM;
		free(l.verifier_log);
	}
	if (r)
		rt_image_fini(image);
	return r;
}

void rt_image_fini(struct rt_image *image)
{
	rt_maps_fini(&image->maps);
	close(image->programs);
	image->programs = -1;
}

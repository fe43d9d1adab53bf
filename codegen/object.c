/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/object.h"

#include <errno.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codegen/codes.h"
#include "codegen/hook.h"
#include "lang/base/buf.h"

enum { INSN_SIZE = 8, RELOC_CALL = 10 /* R_BPF_64_32 */, FRAME_STEP = 32, MAX_CALLS = 8 };

/* The helpers that bpf/ and the generator use. */
#define HELPERS(X)                                                                                 \
	X(map_lookup_elem)                                                                         \
	X(map_update_elem)                                                                         \
	X(skb_load_bytes)                                                                          \
	X(tail_call)                                                                               \
	X(ktime_get_ns)                                                                            \
	X(ktime_get_coarse_ns)                                                                     \
	X(ringbuf_reserve)                                                                         \
	X(ringbuf_submit)

/* Those that only the way to a proxy uses. */
#define PROXY_HELPERS(X)                                                                           \
	X(skb_store_bytes)                                                                         \
	X(redirect)                                                                                \
	X(skc_lookup_tcp)                                                                          \
	X(sk_release)

static bool is_helper(int32_t id, bool proxy)
{
	static const struct {
		int32_t id;
		bool proxy;
	} helpers[] = {
#define X(name) {BPF_FUNC_##name, false},
		HELPERS(X)
#undef X
#define X(name) {BPF_FUNC_##name, true},
			PROXY_HELPERS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++)
		if (helpers[i].id == id)
			return proxy || !helpers[i].proxy;
	return false;
}

struct function {
	const char *name;
	size_t section;
	uint32_t first, n;            /* instructions of the section */
	uint32_t frame;               /* bytes of its own */
	VEC(struct function *) calls; /* each once */
	uint32_t chain, stack;        /* the longest chain of calls from here; 0: not known yet */
	bool active;                  /* being walked */
};

struct code {
	size_t index; /* of the section */
	const struct bpf_insn *insns;
	uint32_t n;
	Elf_Data *relocs; /* NULL: none */
	size_t n_relocs;
};

struct object {
	Elf *elf;
	struct gen_shape shape;
	struct arena *arena;
	struct diag *diag;
	Elf_Data *symbols;
	size_t n_symbols, names; /* names: the section of the symbols' names */
	VEC(struct code) code;
	VEC(struct function *) functions;
};

static int refuse(const struct object *o, const char *function, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const struct object *o, const char *function, const char *fmt, ...)
{
	_cleanup_buf_ struct buf what = {0}, title = {0};
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (function)
		buf_printf(&what, "function %s ", function);
	buf_puts(&what, text);
	gen_shape_title(o->shape, &title);
	diag_error(o->diag, LOC_NONE, GEN_CODE_OBJECT,
		   "the object of shape %s: %s; this is a fault of polc or of its compiler, not of "
		   "your policy",
		   buf_str(&title), buf_str(&what));
	return -EIO;
}

/* --- sections and symbols ------------------------------------------------------------------ */

static struct code *find_code(struct object *o, size_t section)
{
	vec_each (struct code, c, &o->code)
		if (c->index == section)
			return c;
	return NULL;
}

static int add_section(struct object *o, Elf_Scn *scn, const GElf_Shdr *h)
{
	Elf_Data *data = elf_getdata(scn, NULL);

	if (h->sh_type == SHT_SYMTAB) {
		o->symbols = data;
		o->n_symbols = h->sh_entsize ? h->sh_size / h->sh_entsize : 0;
		o->names = h->sh_link;
	}
	if (h->sh_type != SHT_PROGBITS || !(h->sh_flags & SHF_EXECINSTR) || !h->sh_size)
		return 0;
	if (!data || !data->d_buf || data->d_size % INSN_SIZE)
		return refuse(o, NULL, "a section of code is cut short");
	if ((uintptr_t)data->d_buf % _Alignof(struct bpf_insn))
		return refuse(o, NULL, "a section of code is not aligned");
	vec_push(o->arena, &o->code,
		 (struct code){.index = elf_ndxscn(scn),
			       .insns = data->d_buf,
			       .n = (uint32_t)(data->d_size / INSN_SIZE)});
	return 0;
}

static void add_relocs(struct object *o, Elf_Scn *scn, const GElf_Shdr *h)
{
	struct code *c = h->sh_type == SHT_REL ? find_code(o, h->sh_info) : NULL;

	if (!c || !h->sh_entsize)
		return;
	c->relocs = elf_getdata(scn, NULL);
	c->n_relocs = c->relocs ? h->sh_size / h->sh_entsize : 0;
}

static int read_sections(struct object *o)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr h;
	int r = 0;

	while (!r && (scn = elf_nextscn(o->elf, scn)))
		r = gelf_getshdr(scn, &h) ? add_section(o, scn, &h)
					  : refuse(o, NULL, "a section header is damaged");
	for (scn = NULL; !r && (scn = elf_nextscn(o->elf, scn));)
		if (gelf_getshdr(scn, &h))
			add_relocs(o, scn, &h);
	return !r && !o->symbols ? refuse(o, NULL, "has no symbols") : r;
}

static int add_function(struct object *o, const GElf_Sym *sym)
{
	const char *name = elf_strptr(o->elf, o->names, sym->st_name);
	struct code *c = find_code(o, sym->st_shndx);
	struct function *f;

	if (!name || !c || sym->st_value % INSN_SIZE || sym->st_size % INSN_SIZE || !sym->st_size ||
	    sym->st_value / INSN_SIZE > c->n ||
	    sym->st_size / INSN_SIZE > c->n - sym->st_value / INSN_SIZE)
		return refuse(o, name, "does not lie in a section of code");
	if (sym->st_size / INSN_SIZE > GEN_MAX_FUNCTION)
		return refuse(o, name, "has %llu instructions, and %d are allowed",
			      (unsigned long long)(sym->st_size / INSN_SIZE), GEN_MAX_FUNCTION);
	f = arena_new(o->arena, struct function);
	*f = (struct function){.name = name,
			       .section = sym->st_shndx,
			       .first = (uint32_t)(sym->st_value / INSN_SIZE),
			       .n = (uint32_t)(sym->st_size / INSN_SIZE)};
	vec_push(o->arena, &o->functions, f);
	return 0;
}

static int read_functions(struct object *o)
{
	GElf_Sym sym;
	int r = 0;

	for (size_t i = 0; i < o->n_symbols && !r; i++) {
		if (!gelf_getsym(o->symbols, (int)i, &sym))
			return refuse(o, NULL, "a symbol is damaged");
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC)
			r = add_function(o, &sym);
	}
	return r;
}

/* --- instructions --------------------------------------------------------------------------- */

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM);
}

static bool is_jump(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

/* By instruction of a function: does one begin here? */
static bool *find_starts(struct object *o, const struct function *f, const struct bpf_insn *insns)
{
	bool *starts = arena_array(o->arena, bool, f->n + 1);

	for (uint32_t i = 0; i < f->n; i++) {
		starts[i] = true;
		i += is_wide(&insns[i]);
	}
	return starts;
}

static int check_jump(const struct object *o, const struct function *f, const bool *starts,
		      uint32_t i, const struct bpf_insn *insn)
{
	bool far = insn->code == (BPF_JMP32 | BPF_JA);
	int64_t to = (int64_t)i + 1 + (far ? insn->imm : insn->off);

	if (to < 0 || to >= f->n || !starts[to])
		return refuse(o, f->name, "jumps from instruction %u to where none begins", i);
	return 0;
}

static struct function *function_at(const struct object *o, size_t section, int64_t insn)
{
	vec_each (struct function *, f, &o->functions)
		if ((*f)->section == section && (*f)->first == insn)
			return *f;
	return NULL;
}

/* The symbol that a call is relocated to; false: it needs none, its target is relative. */
static bool find_reloc(const struct object *o, const struct code *c, uint32_t insn, GElf_Sym *sym)
{
	GElf_Rel rel;

	for (size_t i = 0; i < c->n_relocs; i++)
		if (gelf_getrel(c->relocs, (int)i, &rel) && rel.r_offset / INSN_SIZE == insn &&
		    GELF_R_TYPE(rel.r_info) == RELOC_CALL)
			return gelf_getsym(o->symbols, (int)GELF_R_SYM(rel.r_info), sym);
	return false;
}

static struct function *call_target(struct object *o, const struct code *c, uint32_t insn)
{
	int64_t imm = c->insns[insn].imm;
	GElf_Sym sym;

	if (find_reloc(o, c, insn, &sym))
		return function_at(o, sym.st_shndx, (int64_t)(sym.st_value / INSN_SIZE) + imm + 1);
	return function_at(o, c->index, (int64_t)insn + imm + 1);
}

static int check_call(struct object *o, struct function *f, const struct code *c, uint32_t insn)
{
	const struct bpf_insn *call = &c->insns[insn];
	struct function *target;

	if (call->src_reg == 0)
		return is_helper(call->imm, gen_shape_has_any_requests(o->shape))
			       ? 0
			       : refuse(o, f->name,
					"calls helper %d, which our source does not use",
					call->imm);
	target = call->src_reg == BPF_PSEUDO_CALL ? call_target(o, c, insn) : NULL;
	if (!target)
		return refuse(o, f->name, "calls something that is no function of it");
	vec_each (struct function *, known, &f->calls)
		if (*known == target)
			return 0;
	vec_push(o->arena, &f->calls, target);
	return 0;
}

/* The lowest byte of its frame that an instruction names, with an offset from the frame pointer
 * or by adding to a copy of it. `copies` has a bit for each register that holds one. */
static void note_frame(struct function *f, const struct bpf_insn *insn, uint16_t *copies)
{
	uint8_t class = BPF_CLASS(insn->code);
	bool loads = class == BPF_LDX, stores = class == BPF_ST || class == BPF_STX;
	uint16_t dst = (uint16_t)(1u << insn->dst_reg);
	int depth = 0;

	if ((loads && insn->src_reg == BPF_REG_10) || (stores && insn->dst_reg == BPF_REG_10))
		depth = -insn->off;
	if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && (*copies & dst))
		depth = -insn->imm;
	if (depth > 0 && (uint32_t)depth > f->frame)
		f->frame = (uint32_t)depth;
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->src_reg == BPF_REG_10)
		*copies |= dst;
	else if (loads || class == BPF_ALU64 || class == BPF_ALU)
		*copies &= (uint16_t)~dst;
}

static int check_function(struct object *o, struct function *f)
{
	const struct code *c = find_code(o, f->section);
	const struct bpf_insn *insns = c->insns + f->first;
	const bool *starts = find_starts(o, f, insns);
	uint16_t copies = 0;
	int r = 0;

	for (uint32_t i = 0; i < f->n && !r; i++) {
		if (!starts[i])
			continue;
		note_frame(f, &insns[i], &copies);
		if (is_jump(&insns[i]))
			r = check_jump(o, f, starts, i, &insns[i]);
		else if (insns[i].code == (BPF_JMP | BPF_CALL))
			r = check_call(o, f, c, f->first + i);
	}
	return r;
}

/* --- programs -------------------------------------------------------------------------------- */

static uint32_t frame_of(const struct function *f)
{
	uint32_t n = f->frame ? f->frame : 1;

	return (n + FRAME_STEP - 1) / FRAME_STEP * FRAME_STEP;
}

/* The longest chains of calls from here, in functions and in bytes of stack. */
static int walk(const struct object *o, struct function *f)
{
	uint32_t chain = 0, stack = 0;
	int r = 0;

	if (f->chain)
		return 0;
	if (f->active)
		return refuse(o, f->name, "calls itself");
	f->active = true;
	vec_each (struct function *, call, &f->calls) {
		r = r ? r : walk(o, *call);
		chain = (*call)->chain > chain ? (*call)->chain : chain;
		stack = (*call)->stack > stack ? (*call)->stack : stack;
	}
	f->active = false;
	f->chain = chain + 1;
	f->stack = stack + frame_of(f);
	if (!r && f->chain > MAX_CALLS)
		r = refuse(o, f->name, "begins a chain of %u calls, and the kernel allows %d",
			   f->chain, MAX_CALLS);
	return r;
}

/* Counts what can be reached, each function once. */
static void count_reached(struct function *f, struct gen_program_use *use)
{
	if (f->active)
		return;
	f->active = true;
	use->insns += f->n;
	use->functions++;
	vec_each (struct function *, call, &f->calls)
		count_reached(*call, use);
}

static int read_program(struct object *o, const char *name, struct gen_program_use *use)
{
	*use = (struct gen_program_use){0};
	vec_each (struct function *, f, &o->functions) {
		int r;

		if (strcmp((*f)->name, name) != 0)
			continue;
		r = walk(o, *f);
		if (r)
			return r;
		use->stack = (*f)->stack;
		count_reached(*f, use);
		vec_each (struct function *, g, &o->functions)
			(*g)->active = false;
		return 0;
	}
	return refuse(o, NULL, "lacks program %s", name);
}

static int read_hook(struct object *o, enum polc_hook hook, struct gen_program_use *out)
{
	int r = 0;

	for (enum polc_stage i = 0; i < POLC_N_STAGES && !r; i++) {
		const struct gen_stage_ops *stage = gen_stage(o->shape, hook, i);

		if (stage)
			r = read_program(o, stage->program, &out[i]);
	}
	return r;
}

static int read_elf(struct object *o, struct gen_object_use *out)
{
	GElf_Ehdr header;
	int r = 0;

	if (!gelf_getehdr(o->elf, &header) || header.e_machine != EM_BPF)
		return refuse(o, NULL, "is no object for BPF");
	r = read_sections(o);
	if (!r)
		r = read_functions(o);
	vec_each (struct function *, f, &o->functions)
		r = r ? r : check_function(o, *f);
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS && !r; h++)
		r = read_hook(o, h, out->programs[h]);
	return r;
}

int gen_object_read(const void *elf, size_t size, struct gen_shape shape, struct arena *arena,
		    struct diag *diag, struct gen_object_use *out)
{
	struct object o = {.shape = shape, .arena = arena, .diag = diag};
	void *copy = arena_alloc(arena, size ? size : 1);
	int r;

	*out = (struct gen_object_use){0};
	elf_version(EV_CURRENT);
	memcpy(copy, elf, size);
	o.elf = elf_memory(copy, size);
	if (!o.elf)
		return refuse(&o, NULL, "is no ELF file");
	r = read_elf(&o, out);
	elf_end(o.elf);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of objects: what clang makes of our programs passes, and nothing that was bent does.
 * The objects are damaged in the file, as a compiler that cuts off a jump would do it.
 */
#define _GNU_SOURCE /* memmem() */
#include "tests/unit/unit.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/clang.h"
#include "codegen/emit.h"
#include "codegen/hook.h"
#include "codegen/object.h"
#include "tests/lib/campaign.h"
#include "tests/lib/objects.h"
#include "tests/lib/random.h"
#include "tests/lib/shapes.h"

enum { N_DAMAGED = 3000 };

/* What a test starts from: the object of a shape with tables and calls. */
struct trial {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct buf object;
	struct gen_object_use use;
	struct gen_shape shape;
};

static void trial_init(struct trial *t, uint32_t features)
{
	struct objects kept;
	struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"),
				      .cache_dir = objects_dir(&kept, OBJECTS_STRICT)};
	_cleanup_buf_ struct buf program = {0};
	struct gen_clang clang;

	*t = (struct trial){.shape = {features}};
	arena_init(&t->arena);
	sources_init(&t->sources, &t->arena);
	diag_init(&t->diag, &t->arena, &t->sources);
	gen_emit_program(t->shape, &program);
	assert_int_equal(gen_clang_init(&clang, &opts, &t->diag), 0);
	clang.strict = true;
	assert_int_equal(gen_clang_compile(&clang, "trial", &program, &t->object, &t->diag), 0);
}

static void trial_fini(struct trial *t)
{
	buf_fini(&t->object);
	arena_fini(&t->arena);
}

static int read_object(struct trial *t)
{
	return gen_object_read(t->object.s, t->object.n, t->shape, &t->arena, &t->diag, &t->use);
}

static void refused_with(struct trial *t, const char *text)
{
	_cleanup_buf_ struct buf said = {0};

	assert_int_equal(read_object(t), -EIO);
	diag_render_text(&t->diag, &(struct diag_style){0}, &said);
	if (!strstr(buf_str(&said), text))
		fail_msg("no '%s' in: %s", text, buf_str(&said));
}

/* The first instruction of the code that `wanted` picks; in the object's own bytes. */
static struct bpf_insn *find_insn(struct trial *t, bool (*wanted)(const struct bpf_insn *))
{
	Elf *elf = elf_memory(t->object.s, t->object.n);
	struct bpf_insn *found = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr h;

	while (!found && (scn = elf_nextscn(elf, scn)) && gelf_getshdr(scn, &h)) {
		struct bpf_insn *insn = (void *)(t->object.s + h.sh_offset);

		if (h.sh_type != SHT_PROGBITS || !(h.sh_flags & SHF_EXECINSTR))
			continue;
		for (size_t i = 0; i < h.sh_size / sizeof(*insn) && !found; i++)
			found = wanted(&insn[i]) ? &insn[i] : NULL;
	}
	elf_end(elf);
	assert_non_null(found);
	return found;
}

static bool jumps(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JEQ | BPF_K);
}

static bool calls_helper(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0;
}

static bool loads_constant(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM);
}

/* And only those are there that the shape needs. */
static void each_stage_is_bounded(const struct trial *t, enum polc_hook hook)
{
	for (enum polc_stage i = 0; i < POLC_N_STAGES; i++) {
		const struct gen_program_use *use = &t->use.programs[hook][i];

		if (!gen_stage(t->shape, hook, i)) {
			assert_int_equal(use->functions, 0);
			continue;
		}
		assert_in_range(use->insns, 3, GEN_MAX_FUNCTION);
		assert_in_range(use->stack, 32, 512);
		assert_in_range(use->functions, 1, 64);
	}
}

TEST(every_program_is_within_the_limits)
{
	for (size_t i = 0; i < TEST_N_SHAPES; i++) {
		struct trial t;

		trial_init(&t, test_shapes[i].features);
		assert_int_equal(read_object(&t), 0);
		for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++)
			each_stage_is_bounded(&t, h);
		trial_fini(&t);
	}
}

TEST(more_features_cost_more)
{
	struct trial open, full;

	trial_init(&open, GEN_IN4_ALL | GEN_EG4_ALL | GEN_IN6_ALL | GEN_EG6_ALL);
	trial_init(&full, GEN_GENERAL);
	assert_int_equal(read_object(&open), 0);
	assert_int_equal(read_object(&full), 0);
	for (int d = 0; d < IR_N_DIRS; d++) {
		assert_true(open.use.programs[d][POLC_STAGE_MAIN].insns <
			    full.use.programs[d][POLC_STAGE_MAIN].insns);
		assert_true(open.use.programs[d][POLC_STAGE_MAIN].stack <
			    full.use.programs[d][POLC_STAGE_MAIN].stack);
	}
	trial_fini(&open);
	trial_fini(&full);
}

TEST(a_jump_out_of_its_function_is_refused)
{
	static const int16_t offsets[] = {INT16_MAX, INT16_MIN};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		struct trial t;

		trial_init(&t, GEN_GENERAL);
		find_insn(&t, jumps)->off = offsets[i];
		refused_with(&t, "to where none begins");
		trial_fini(&t);
	}
}

TEST(a_jump_into_a_constant_is_refused)
{
	struct bpf_insn *wide;
	struct trial t;

	trial_init(&t, GEN_GENERAL);
	wide = find_insn(&t, loads_constant);
	/* The one before it becomes a jump into its second half. */
	wide[-1] = (struct bpf_insn){.code = BPF_JMP | BPF_JA, .off = 1};
	refused_with(&t, "to where none begins");
	trial_fini(&t);
}

TEST(a_helper_that_the_datapath_does_not_use_is_refused)
{
	struct trial t;

	trial_init(&t, GEN_GENERAL);
	find_insn(&t, calls_helper)->imm = BPF_FUNC_probe_read_kernel;
	refused_with(&t, "calls helper 113");
	trial_fini(&t);
}

TEST(an_object_without_our_programs_is_refused)
{
	struct trial t;
	char *name;

	trial_init(&t, GEN_GENERAL);
	name = memmem(t.object.s, t.object.n, "polc_egress", sizeof("polc_egress"));
	for (; name; name = memmem(name, (size_t)(t.object.s + t.object.n - name), "polc_egress",
				   sizeof("polc_egress")))
		memcpy(name, "polc_Egress", sizeof("polc_Egress"));
	refused_with(&t, "lacks program polc_egress");
	trial_fini(&t);
}

TEST(code_that_is_not_aligned_is_refused)
{
	const Elf64_Ehdr *header;
	Elf64_Shdr *sections;
	struct trial t;

	trial_init(&t, GEN_GENERAL);
	header = (const Elf64_Ehdr *)t.object.s;
	sections = (Elf64_Shdr *)(t.object.s + header->e_shoff);
	for (int i = 0; i < header->e_shnum; i++)
		sections[i].sh_offset += (sections[i].sh_flags & SHF_EXECINSTR) != 0;
	refused_with(&t, "a section of code is not aligned");
	trial_fini(&t);
}

TEST(what_is_no_object_is_refused)
{
	struct trial t;

	trial_init(&t, 0);
	for (size_t n = 0; n < t.object.n; n += n < 64 ? 1 : 997) {
		struct buf whole = t.object;

		t.object.n = n;
		assert_int_equal(read_object(&t), -EIO);
		t.object = whole;
	}
	trial_fini(&t);
}

TEST(damage_anywhere_is_survived)
{
	struct campaign c = campaign_begin(N_DAMAGED, 1);
	uint64_t seed;
	struct trial t;
	char *whole;

	trial_init(&t, GEN_IN4 | GEN_EG4_ALL | GEN_IN_COLS);
	whole = malloc(t.object.n);
	assert_non_null(whole);
	memcpy(whole, t.object.s, t.object.n);
	while (campaign_next(&c, &seed)) {
		struct random r = {seed};

		for (int n = 1 + (int)random_below(&r, 4); n; n--) {
			/* Half of it where the headers of sections are: at the end. */
			uint32_t room = random_chance(&r, 50) ? 4096 : (uint32_t)t.object.n;
			size_t at = t.object.n - 1 - random_below(&r, room);

			t.object.s[at] = (char)random_next(&r);
		}
		read_object(&t);
		memcpy(t.object.s, whole, t.object.n);
	}
	free(whole);
	assert_int_equal(read_object(&t), 0);
	trial_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_program_is_within_the_limits),
		cmocka_unit_test(more_features_cost_more),
		cmocka_unit_test(a_jump_out_of_its_function_is_refused),
		cmocka_unit_test(a_jump_into_a_constant_is_refused),
		cmocka_unit_test(a_helper_that_the_datapath_does_not_use_is_refused),
		cmocka_unit_test(an_object_without_our_programs_is_refused),
		cmocka_unit_test(code_that_is_not_aligned_is_refused),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(damage_anywhere_is_survived),
	};

	elf_version(EV_CURRENT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/clang.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/codes.h"
#include "codegen/file.h"
#include "lang/base/spawn.h"

enum { MAX_HEADER = 1 << 20, MAX_OBJECT = 16 << 20, MAX_MESSAGE = 64 << 10, MAX_HEADERS = 256 };

/* -mcpu=v3: jumps on 32-bit registers, and atomic exchange, which is what makes 5.12 the oldest
 * kernel that takes the programs. */
static const char *const flags[] = {
	"--target=bpf",
	"-mcpu=v3",
	"-O2",
	"-g",
	"-std=gnu11",
	"-Wall",
	"-Wextra",
	"-Wno-address-of-packed-member",
	"-Wno-unused-parameter", /* all paths have one signature */
	"-idirafter",
	POLC_BPF_SYSINCLUDE,
	/* From the folder of the compilation the headers are in bpf/, wherever they lie: debug
	 * information names them so, and clang finds the lines there that a verifier cites. */
	"-fdebug-compilation-dir=.",
	"-iquote",
	"bpf",
};
enum { N_FLAGS = sizeof(flags) / sizeof(*flags), N_ARGS = N_FLAGS + 16 };

/* --- running ------------------------------------------------------------------------ */

/* A directory of our own for one compilation. */
struct scratch {
	char dir[64];
	struct buf out, bpf;
};

static int scratch_init(struct scratch *s)
{
	*s = (struct scratch){.dir = "/tmp/polc-XXXXXX"};
	if (!mkdtemp(s->dir))
		return -errno;
	buf_printf(&s->out, "%s/out.o", s->dir);
	buf_printf(&s->bpf, "%s/bpf", s->dir);
	return 0;
}

static void scratch_fini(struct scratch *s)
{
	if (s->out.n) {
		unlink(buf_str(&s->out));
		unlink(buf_str(&s->bpf));
		rmdir(s->dir);
	}
	buf_fini(&s->out);
	buf_fini(&s->bpf);
}

/* Runs a program without our environment, which must not change an object. */
static int run(struct spawn *s)
{
	static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};

	s->env = env;
	s->limit = MAX_MESSAGE;
	return spawn_run(s);
}

/* --- what the object depends on ----------------------------------------------------- */

static int is_header(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".h");
}

/* Names and contents of all headers, in order of name. */
static int add_headers(const char *dir, struct buf *all)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_header, alphasort), err = 0;

	if (n < 0)
		return -errno;
	if (n == 0 || n > MAX_HEADERS)
		err = -ENOENT;
	for (int i = 0; i < n; i++) {
		_cleanup_buf_ struct buf path = {0}, text = {0};

		buf_printf(&path, "%s/%s", dir, names[i]->d_name);
		if (!err)
			err = buf_read_file(&text, buf_str(&path), MAX_HEADER);
		buf_printf(all, "%s %zu\n", names[i]->d_name, text.n);
		buf_add(all, buf_str(&text), text.n);
		free(names[i]);
	}
	free(names);
	return err;
}

/* What it calls its version, if that is a word. */
static int ask_version(struct gen_clang *c)
{
	static const char word[] = "0123456789abcdefghijklmnopqrstuvwxyz.-+~";
	const char *const argv[] = {c->clang, "-dumpversion", NULL};
	_cleanup_buf_ struct buf said = {0};
	struct spawn ask = {.argv = argv, .out = &said};
	size_t n = 0;

	if (run(&ask) == 0)
		n = strspn(buf_str(&said), word);
	if (!n || n >= sizeof(c->version) || strcmp(buf_str(&said) + n, "\n") != 0)
		return -EINVAL;
	memcpy(c->version, buf_str(&said), n);
	return 0;
}

static int no_compiler(const struct gen_clang *c, const char *why, struct diag *diag)
{
	diag_error(diag, LOC_NONE, GEN_CODE_COMPILER,
		   "cannot run the BPF compiler %s: %s; install the package clang or name another "
		   "one in BPF_CLANG when polc is configured",
		   c->clang, why);
	return -EINVAL;
}

int gen_clang_init(struct gen_clang *c, const struct bundle_options *opts, struct diag *diag)
{
	_cleanup_buf_ struct buf all = {0};
	struct stat st;
	int err;

	*c = (struct gen_clang){
		.clang = opts && opts->clang ? opts->clang : POLC_BPF_CLANG,
		.bpf_dir = opts && opts->bpf_dir ? opts->bpf_dir : POLC_BPF_DIR,
		.cache_dir = opts ? opts->cache_dir : NULL,
	};
	if (stat(c->clang, &st) < 0)
		return no_compiler(c, strerror(errno), diag);
	if (ask_version(c))
		return no_compiler(c, "it does not say its version (-dumpversion)", diag);
	for (size_t i = 0; i < N_FLAGS; i++)
		buf_printf(&all, "%s\n", flags[i]);
	buf_printf(&all, "%s %s %lld %lld\n", c->clang, c->version, (long long)st.st_size,
		   (long long)st.st_mtime);
	err = add_headers(c->bpf_dir, &all);
	if (err) {
		diag_error(
			diag, LOC_NONE, GEN_CODE_COMPILER,
			"cannot read the datapath headers in %s: %s; name their directory in the "
			"environment variable POLC_BPF_DIR",
			c->bpf_dir, strerror(-err));
		return -EINVAL;
	}
	gen_hash(buf_str(&all), all.n, c->key);
	return 0;
}

/* --- compiling ---------------------------------------------------------------------- */

static int report(const char *what, const char *name, int status, const struct buf *said,
		  struct diag *diag)
{
	struct diag_item *item;

	if (status < 0) {
		diag_error(diag, LOC_NONE, GEN_CODE_COMPILER, "cannot run %s: %s", what,
			   strerror(-status));
		return -EIO;
	}
	item = diag_error(diag, LOC_NONE, GEN_CODE_COMPILER,
			  "%s refuses the generated program %s (status %d); this is a fault of "
			  "polc or of the datapath headers, not of your policy",
			  what, name, status);
	if (said->n)
		diag_note(diag, item, LOC_NONE, "%s", buf_str(said));
	return -EINVAL;
}

/* A step of a compilation, in the scratch folder; `name` is that of the program. */
static int step(const struct scratch *s, const char *const *argv, const struct buf *input,
		const char *name, struct diag *diag)
{
	_cleanup_buf_ struct buf said = {0};
	struct spawn spawn = {.argv = argv,
			      .dir = s->dir,
			      .input = input ? input->s : NULL,
			      .n_input = input ? input->n : 0,
			      .err = &said};
	int status = run(&spawn);

	return status ? report(argv[0], name, status, &said, diag) : 0;
}

static int compile(const struct gen_clang *c, const struct scratch *s, const char *name,
		   const struct buf *program, struct diag *diag)
{
	const char *argv[N_ARGS] = {c->clang};
	size_t n = 1;

	for (size_t i = 0; i < N_FLAGS; i++)
		argv[n++] = flags[i];
	if (c->strict)
		argv[n++] = "-Werror";
	argv[n++] = "-x";
	argv[n++] = "c";
	argv[n++] = "-c";
	argv[n++] = "-o";
	argv[n++] = buf_str(&s->out);
	argv[n++] = "-";
	return step(s, argv, program, name, diag);
}

/* Drops DWARF; the kernel and libbpf use BTF alone. */
static int strip(const struct scratch *s, const char *name, struct diag *diag)
{
	const char *const argv[] = {POLC_LLVM_STRIP, "-g", buf_str(&s->out), NULL};

	return step(s, argv, NULL, name, diag);
}

static int link_headers(const struct gen_clang *c, const struct scratch *s)
{
	char *headers = realpath(c->bpf_dir, NULL);
	int err = headers && symlink(headers, buf_str(&s->bpf)) == 0 ? 0 : -errno;

	free(headers);
	return err;
}

static int build(const struct gen_clang *c, const char *name, const struct buf *program,
		 struct buf *object, struct diag *diag)
{
	struct scratch s;
	int err = scratch_init(&s);

	if (!err)
		err = link_headers(c, &s);
	if (err)
		diag_error(diag, LOC_NONE, GEN_CODE_COMPILER, "cannot write to /tmp: %s",
			   strerror(-err));
	if (!err)
		err = compile(c, &s, name, program, diag);
	if (!err)
		err = strip(&s, name, diag);
	if (!err) {
		err = buf_read_file(object, buf_str(&s.out), MAX_OBJECT);
		if (err)
			diag_error(diag, LOC_NONE, GEN_CODE_COMPILER,
				   "cannot read the object of %s: %s", name, strerror(-err));
	}
	scratch_fini(&s);
	return err;
}

/* --- the cache ---------------------------------------------------------------------- */

static void cache_path(const struct gen_clang *c, const struct buf *program, struct buf *path)
{
	_cleanup_buf_ struct buf text = {0};
	char hash[GEN_HASH_STRLEN];

	buf_printf(&text, "%s\n", c->key);
	buf_add(&text, program->s, program->n);
	gen_hash(buf_str(&text), text.n, hash);
	buf_printf(path, "%s/%s.o", c->cache_dir, hash);
}

/* An object that this user has put there; anything else is built again. */
static bool cache_get(const struct buf *path, struct buf *object)
{
	int fd = open(buf_str(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t before = object->n;
	struct stat st;
	bool ok;

	if (fd < 0)
		return false;
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	     buf_read_fd(object, fd, MAX_OBJECT) == 0 && object->n - before > 4 &&
	     !memcmp(object->s + before, "\177ELF", 4);
	close(fd);
	if (!ok)
		object->n = before;
	return ok;
}

/* A cache that cannot be written is no fault: the next build is only slower. */
static void cache_put(const struct gen_clang *c, const struct buf *path, const struct buf *object)
{
	_cleanup_buf_ struct buf tmp = {0};

	mkdir(c->cache_dir, 0700);
	buf_printf(&tmp, "%s.%d", buf_str(path), (int)getpid());
	if (gen_file_write(AT_FDCWD, buf_str(&tmp), object->s, object->n, true) ||
	    rename(buf_str(&tmp), buf_str(path)) < 0)
		unlink(buf_str(&tmp));
}

int gen_clang_compile(const struct gen_clang *c, const char *name, const struct buf *program,
		      struct buf *object, struct diag *diag)
{
	_cleanup_buf_ struct buf path = {0};
	int err;

	if (!c->cache_dir)
		return build(c, name, program, object, diag);
	cache_path(c, program, &path);
	if (cache_get(&path, object))
		return 0;
	err = build(c, name, program, object, diag);
	if (!err)
		cache_put(c, &path, object);
	return err;
}

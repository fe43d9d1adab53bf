/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codegen/bundle_install.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/codes.h"
#include "codegen/file.h"
#include "lang/base/buf.h"

static const char *const folders[] = {"l7", "maps", "shapes"};

/* What stands where the bundle is to go. */
enum occupant { OCC_NOTHING, OCC_EMPTY, OCC_BUNDLE, OCC_OTHER };

static bool dir_is_empty(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	if (!d)
		return false;
	closedir(d);
	return n == 0;
}

/* NULL: there is none of ours. */
static json_t *read_manifest(const char *path)
{
	_cleanup_buf_ struct buf name = {0};
	json_t *root;

	buf_printf(&name, "%s/" BUNDLE_MANIFEST, path);
	root = json_load_file(buf_str(&name), 0, NULL);
	if (json_is_integer(json_object_get(root, "format")) &&
	    json_is_array(json_object_get(root, "files")))
		return root;
	json_decref(root);
	return NULL;
}

static bool has_our_manifest(const char *path)
{
	json_t *root = read_manifest(path);

	json_decref(root);
	return root != NULL;
}

/* --- what is not ours --------------------------------------------------------------------- */

static bool is_listed(json_t *files, const char *name)
{
	const json_t *file;
	size_t i;

	json_array_foreach(files, i, file)
	{
		const char *ours = json_string_value(json_object_get(file, "name"));

		if (ours && strcmp(ours, name) == 0)
			return true;
	}
	return false;
}

static bool is_folder(const char *name)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (strcmp(name, folders[i]) == 0)
			return true;
	return false;
}

static bool is_ours(json_t *files, const char *name, bool directory)
{
	return directory ? is_folder(name)
			 : strcmp(name, BUNDLE_MANIFEST) == 0 || is_listed(files, name);
}

/* Adds the name, below the bundle, of the first file or directory that polc did not write; nothing
 * if there is none. `folder` is "" or ends in '/'. 0 or -errno. */
static int find_foreign(const char *dir, const char *folder, json_t *files, struct buf *out)
{
	_cleanup_buf_ struct buf path = {0};
	const struct dirent *e;
	DIR *d;

	buf_printf(&path, "%s/%s", dir, folder);
	d = opendir(buf_str(&path));
	if (!d)
		return -errno;
	while (!out->n && (e = readdir(d))) {
		_cleanup_buf_ struct buf name = {0};
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		buf_printf(&name, "%s%s", folder, e->d_name);
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !is_ours(files, buf_str(&name), S_ISDIR(st.st_mode)))
			buf_puts(out, buf_str(&name));
	}
	closedir(d);
	return 0;
}

static int find_foreign_anywhere(const char *dir, struct buf *out)
{
	json_t *root = read_manifest(dir), *files = json_object_get(root, "files");
	int err = root ? find_foreign(dir, "", files, out) : -ENOENT;

	for (size_t i = 0; !err && !out->n && i < sizeof(folders) / sizeof(*folders); i++) {
		_cleanup_buf_ struct buf folder = {0};

		buf_printf(&folder, "%s/", folders[i]);
		err = find_foreign(dir, buf_str(&folder), files, out);
		err = err == -ENOENT ? 0 : err;
	}
	json_decref(root);
	return err;
}

static enum occupant occupant_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? OCC_NOTHING : OCC_OTHER;
	if (!S_ISDIR(st.st_mode))
		return OCC_OTHER;
	if (dir_is_empty(path))
		return OCC_EMPTY;
	return has_our_manifest(path) ? OCC_BUNDLE : OCC_OTHER;
}

static bool is_used(const bundle_files *files, const char *folder)
{
	size_t n = strlen(folder);

	vec_each (const struct bundle_file, f, files)
		if (strncmp(f->name, folder, n) == 0 && f->name[n] == '/')
			return true;
	return false;
}

/* Writes every file below `root`, which is a new, empty directory. */
static int fill(const bundle_files *files, const char *root)
{
	int dirfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (dirfd < 0)
		return -errno;
	if (fchmod(dirfd, 0777 & ~file_umask()) < 0)
		err = -errno;
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(*folders); i++)
		if (is_used(files, folders[i]) && mkdirat(dirfd, folders[i], 0777) < 0)
			err = -errno;
	for (size_t i = 0; !err && i < files->n; i++)
		err = gen_file_write(dirfd, files->v[i].name, files->v[i].data, files->v[i].size,
				     false);
	/* Once for all: waiting for each of a thousand tables takes seconds. */
	if (!err && syncfs(dirfd) < 0)
		err = -errno;
	close(dirfd);
	return err;
}

/* Moves the finished directory to its name. An old bundle changes places with it in one step
 * and is then deleted under the temporary name. */
static int move_into_place(const char *tmp, const char *dir, enum occupant occ)
{
	if (occ != OCC_BUNDLE)
		return rename(tmp, dir) < 0 ? -errno : 0;
	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, dir, RENAME_EXCHANGE) < 0)
		return -errno;
	/* The new bundle stands; what is left of the old one is only untidy. */
	gen_dir_remove(tmp);
	return 0;
}

/* Whoever put something into a bundle wants to keep it. */
static int refuse_foreign(const char *dir, struct diag *diag)
{
	_cleanup_buf_ struct buf name = {0};
	int err = find_foreign_anywhere(dir, &name);

	if (!err && !name.n)
		return 0;
	diag_error(
		diag, LOC_NONE, GEN_CODE_OUTPUT,
		"%s is a bundle, but '%s' in it is not polc's: move it elsewhere, or name another "
		"place",
		dir, buf_str(&name));
	return -EEXIST;
}

static int report(const char *dir, int err, struct diag *diag)
{
	diag_error(diag, LOC_NONE, GEN_CODE_OUTPUT, "cannot write the bundle %s: %s", dir,
		   strerror(-err));
	return -EIO;
}

/* `dir` is normal: no link, no slash at its end. */
static int place(const bundle_files *files, const char *dir, struct diag *diag)
{
	_cleanup_buf_ struct buf copy = {0}, parent = {0}, tmp = {0};
	enum occupant occ = occupant_of(dir);
	int err;

	if (occ == OCC_OTHER) {
		diag_error(diag, LOC_NONE, GEN_CODE_OUTPUT,
			   "%s exists and is no bundle; name another place, or remove it", dir);
		return -EEXIST;
	}
	if (occ == OCC_BUNDLE && refuse_foreign(dir, diag))
		return -EEXIST;
	buf_puts(&copy, dir);
	buf_puts(&parent, dirname(copy.s));
	buf_printf(&tmp, "%s/.polc-bundle-XXXXXX", buf_str(&parent));
	if (!mkdtemp(tmp.s))
		return report(dir, -errno, diag);
	err = fill(files, buf_str(&tmp));
	if (!err)
		err = move_into_place(buf_str(&tmp), dir, occ);
	if (err) {
		gen_dir_remove(buf_str(&tmp));
		return report(dir, err, diag);
	}
	gen_dir_sync(buf_str(&parent));
	return 0;
}

int bundle_install(const bundle_files *files, const char *dir, struct diag *diag)
{
	char *real = realpath(dir, NULL);
	_cleanup_buf_ struct buf path = {0};

	buf_puts(&path, real ? real : dir);
	free(real);
	while (path.n > 1 && path.s[path.n - 1] == '/')
		path.s[--path.n] = '\0';
	if (!path.n)
		return report("\"\"", -ENOENT, diag);
	return place(files, buf_str(&path), diag);
}

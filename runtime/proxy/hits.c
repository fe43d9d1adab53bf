/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/hits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/proxy/shared.h"

enum { HASH_BYTES = 8, FILE_NAME_SIZE = 128 };

static void file_name(const char *name, const struct flat_header *set,
		      char out[static FILE_NAME_SIZE])
{
	size_t n = (size_t)snprintf(out, FILE_NAME_SIZE / 2, "%s-", name);

	for (size_t i = 0; i < HASH_BYTES; i++)
		n += (size_t)snprintf(out + n, FILE_NAME_SIZE - n, "%02x", set->sha256[i]);
}

_Atomic uint64_t *proxy_hits_map(int dir, const char *name, const struct flat_header *set)
{
	char file[FILE_NAME_SIZE];

	file_name(name, set, file);
	return proxy_shared_map(dir, file, proxy_hits_size(set), PROXY_SHARED_MAKE);
}

/* Read, not mapped: whoever writes the file may cut it short, or put something else there. */
static int read_file(int fd, void *out, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)out + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPROTO;
		done += (size_t)n;
	}
	return 0;
}

int proxy_hits_read(const char *dir, const char *name, const struct flat_header *set, uint64_t *out)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, r;
	char file[FILE_NAME_SIZE];

	memset(out, 0, proxy_hits_size(set));
	if (at < 0)
		return errno == ENOENT ? 0 : -errno;
	file_name(name, set, file);
	fd = openat(at, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	r = fd >= 0 ? read_file(fd, out, proxy_hits_size(set)) : errno == ENOENT ? 0 : -errno;
	if (fd >= 0)
		close(fd);
	close(at);
	return r;
}

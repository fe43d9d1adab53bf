/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is it as large as it is to be, or made so? */
static int grow(int fd, size_t size, enum proxy_shared how)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size >= (off_t)size)
		return 0;
	if (how != PROXY_SHARED_MAKE)
		return -EPROTO;
	return ftruncate(fd, (off_t)size) ? -errno : 0;
}

void *proxy_shared_map(int dir, const char *name, size_t size, enum proxy_shared how)
{
	int flags = how == PROXY_SHARED_READ ? O_RDONLY : O_RDWR, err;
	int protection = how == PROXY_SHARED_READ ? PROT_READ : PROT_READ | PROT_WRITE;
	void *map = MAP_FAILED;
	int fd = openat(dir, name,
			flags | (how == PROXY_SHARED_MAKE ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW,
			0644);

	if (fd < 0)
		return NULL;
	err = grow(fd, size, how);
	if (!err)
		map = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	if (!err && map == MAP_FAILED)
		err = -errno;
	close(fd);
	errno = -err;
	return map == MAP_FAILED ? NULL : map;
}

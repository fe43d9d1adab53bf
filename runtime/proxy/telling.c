/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/telling.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "runtime/proxy/shared.h"

#define HEARD_NAME "heard"

static void *map(const char *dir, enum proxy_shared how)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	void *heard = fd < 0 ? NULL : proxy_shared_map(fd, HEARD_NAME, sizeof(uint64_t), how);

	if (fd >= 0)
		close(fd);
	return heard;
}

void proxy_telling_open(struct proxy_telling *t, const char *dir)
{
	*t = (struct proxy_telling){.heard = map(dir, PROXY_SHARED_READ),
				    .tokens = POLC_EVENT_BURST};
}

void proxy_telling_close(struct proxy_telling *t)
{
	if (t->heard)
		munmap((void *)t->heard, sizeof(*t->heard));
	t->heard = NULL;
}

_Atomic uint64_t *proxy_telling_make(const char *dir)
{
	return map(dir, PROXY_SHARED_MAKE);
}

static void fill(struct proxy_telling *t)
{
	struct timespec now;
	int64_t ns, more;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	more = (ns - t->filled) / POLC_EVENT_INTERVAL;
	if (more >= POLC_EVENT_BURST) {
		t->tokens = POLC_EVENT_BURST;
		t->filled = ns;
		return;
	}
	t->tokens += (uint64_t)more;
	t->filled += more * POLC_EVENT_INTERVAL;
	if (t->tokens > POLC_EVENT_BURST)
		t->tokens = POLC_EVENT_BURST;
}

bool proxy_telling_takes(struct proxy_telling *t)
{
	if (!t->heard || !atomic_load_explicit(t->heard, memory_order_relaxed))
		return false;
	fill(t);
	if (!t->tokens)
		return false;
	t->tokens--;
	return true;
}

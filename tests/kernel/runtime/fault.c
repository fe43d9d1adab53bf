/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library to preload into polc that makes one step towards the kernel fail, or kills the
 * process just before it. Steps are bpf() calls, netlink requests, maps that are mapped to be
 * written, membarrier(), and changes below the pin directory, counted from 1.
 *
 *   POLC_FAULT_AT=N     which step
 *   POLC_FAULT=kill     SIGKILL instead of an error (ENOMEM)
 *   POLC_FAULT=old      no step: programs with atomic exchange get the answer of Linux 5.11
 *   POLC_FAULT=denied   no step: bpf() as for somebody without rights
 *   POLC_FAULT_LOG=FILE append one line a step
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long steps;

static void log_step(const char *what, long arg)
{
	const char *path = getenv("POLC_FAULT_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "%lu %s %ld\n", steps, what, arg);
	close(fd);
}

/* Is it this step that must fail? */
static bool step(const char *what, long arg)
{
	const char *at = getenv("POLC_FAULT_AT"), *how = getenv("POLC_FAULT");

	steps++;
	log_step(what, arg);
	if (!at || strtoul(at, NULL, 10) != steps)
		return false;
	if (how && strcmp(how, "kill") == 0)
		kill(getpid(), SIGKILL);
	errno = ENOMEM;
	return true;
}

static bool is_fault(const char *want)
{
	const char *how = getenv("POLC_FAULT");

	return how && strcmp(how, want) == 0;
}

static bool has_exchange(const union bpf_attr *attr)
{
	const struct bpf_insn *insn = (const struct bpf_insn *)(uintptr_t)attr->insns;

	for (uint32_t i = 0; i < attr->insn_cnt; i++)
		if (insn[i].code == (BPF_STX | BPF_ATOMIC | BPF_DW) && insn[i].imm == BPF_CMPXCHG)
			return true;
	return false;
}

/* The errno of another kernel, or of another user; 0: none. */
static int other_answer(long cmd, long attr)
{
	if (is_fault("denied"))
		return EPERM;
	return cmd == BPF_PROG_LOAD && is_fault("old") && has_exchange((const union bpf_attr *)attr)
		       ? EINVAL
		       : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

long syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf && other_answer(a[0], a[1])) {
		errno = other_answer(a[0], a[1]);
		return -1;
	}
	if (number == SYS_bpf && step("bpf", a[0]))
		return -1;
	if (number == SYS_membarrier && step("membarrier", a[0]))
		return -1;
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	return step("send", (long)n) ? -1 : REAL(send)(fd, buf, n, flags);
}

/* libmnl's way to send. */
ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *to,
	       socklen_t size)
{
	return step("send", (long)n) ? -1 : REAL(sendto)(fd, buf, n, flags, to, size);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	bool ours = fd >= 0 && flags & MAP_SHARED && prot & PROT_WRITE && !(flags & MAP_FIXED);

	if (ours && step("mmap", (long)n))
		return MAP_FAILED;
	return REAL(mmap)(at, n, prot, flags, fd, offset);
}

int unlink(const char *path)
{
	return step("unlink", 0) ? -1 : REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
	return step("mkdir", 0) ? -1 : REAL(mkdir)(path, mode);
}

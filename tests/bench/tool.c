/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/base/buf.h"

enum { MAX_SAID = 1 << 16, SHOWN = 400 };

bool tool_is_there(const char *name, const char *package)
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin",        "/sbin",
					   "/bin",      "/usr/local/sbin", "/usr/local/bin"};
	char path[128];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	printf("%s is not here, so this is not measured: install the Debian package %s\n", name,
	       package);
	return false;
}

static int file_of(const char *text)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	if (fd < 0 || (text && buf_write_fd(text, strlen(text), fd)) || lseek(fd, 0, SEEK_SET)) {
		perror("memfd");
		exit(1);
	}
	return fd;
}

static void become(const char *const *argv, int in, int out)
{
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static void show(const char *name, int out)
{
	_cleanup_buf_ struct buf said = {0};

	lseek(out, 0, SEEK_SET);
	buf_read_fd(&said, out, MAX_SAID);
	printf("%s failed: %.*s\n", name, SHOWN, buf_str(&said));
}

bool tool_run(const char *const *argv, const char *input)
{
	int in = file_of(input), out = file_of(NULL), status = -1;
	pid_t pid;
	bool ok;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become(argv, in, out);
	ok = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
	if (!ok)
		show(argv[0], out);
	close(in);
	close(out);
	return ok;
}

bool tool_ip(const char *format, ...)
{
	static const char *const argv[] = {"ip", "-batch", "-", NULL};
	_cleanup_buf_ struct buf commands = {0};
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&commands, format, ap);
	va_end(ap);
	return tool_run(argv, buf_str(&commands));
}

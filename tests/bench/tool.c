/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/spawn.h"

enum { SHOWN = 400 };

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

bool tool_run(const char *const *argv, const char *input)
{
	_cleanup_buf_ struct buf said = {0};
	struct spawn spawn = {.argv = argv,
			      .input = input,
			      .n_input = input ? strlen(input) : 0,
			      .out = &said,
			      .err = &said,
			      .limit = SHOWN};

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (spawn_run(&spawn) == 0)
		return true;
	printf("%s failed: %s\n", argv[0], buf_str(&said));
	return false;
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

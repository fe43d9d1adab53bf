/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/contender.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/bench/proxy/process.h"
#include "tests/bench/proxy/proxy.h"

enum { SHOWN = 2000 };

const struct contender contenders[N_CONTENDERS] = {
	{.name = PROXY_DIRECT, .put = conf_server},
	{.name = PROXY_PLAIN, .put = conf_plain},
	{.name = PROXY_POLC, .put = conf_polc, .judges = true},
	{.name = PROXY_ACL, .put = conf_acl, .judges = true},
	{.name = PROXY_ACL_TUNED, .put = conf_acl_tuned, .judges = true},
	{.name = PROXY_NGINX,
	 .put = conf_nginx,
	 .program = CONTENDER_NGINX,
	 .judges = true,
	 .apart = true},
};

static bool write_text(const char *file, const char *text)
{
	FILE *f = fopen(file, "we");
	bool ok = f && fputs(text, f) >= 0;

	if (f && fclose(f))
		ok = false;
	if (!ok)
		perror(file);
	return ok;
}

static void say_why(const struct contender *c, const char *said)
{
	_cleanup_buf_ struct buf text = {0};

	buf_read_file(&text, said, SHOWN);
	printf("%s does not begin: %s\n", c->name, buf_str(&text));
}

pid_t contender_begin(const struct contender *c, const struct conf *conf, unsigned cpu)
{
	char file[PATH_MAX], said[PATH_MAX];
	const char *const argv[][8] = {
		[CONTENDER_HAPROXY] = {"haproxy", "-db", "-f", file},
		[CONTENDER_NGINX] = {"nginx", "-e", "stderr", "-p", conf->dir, "-c", file}};
	_cleanup_buf_ struct buf text = {0};
	pid_t pid;

	snprintf(file, sizeof(file), "%s/conf", conf->dir);
	snprintf(said, sizeof(said), "%s/said", conf->dir);
	mkdir(conf->dir, 0700);
	if (!c->put(conf, &text) || !write_text(file, buf_str(&text)))
		return -1;
	pid = process_start(argv[c->program], said, cpu);
	if (pid > 0 && process_listens(pid, conf->port))
		return pid;
	say_why(c, said);
	process_stop(pid);
	return -1;
}

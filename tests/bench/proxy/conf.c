/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/conf.h"

/* --- HAProxy ------------------------------------------------------------------------------ */

static void put_frame(const struct conf *c, const char *tuning, struct buf *out)
{
	buf_printf(out,
		   "global\n"
		   "\tnbthread 1\n"
		   "%s"
		   "\tnoreuseport\n"
		   "defaults\n"
		   "\tmode http\n"
		   "\toption idle-close-on-response\n"
		   "\ttimeout connect 10s\n"
		   "\ttimeout client 1h\n"
		   "\ttimeout server 1h\n"
		   "\ttimeout http-request 30s\n"
		   "\ttimeout http-keep-alive 5m\n"
		   "frontend bench\n"
		   "\tbind 127.0.0.1:%u\n",
		   tuning, c->port);
}

static void put_backends(const struct conf *c, struct buf *out)
{
	static const char *const protocols[][2] = {{"h1", ""}, {"h2", " proto h2"}};

	buf_puts(out, "\tuse_backend h2 if { fc_http_major 2 }\n"
		      "\tdefault_backend h1\n");
	for (size_t i = 0; i < 2; i++)
		buf_printf(out,
			   "backend %s\n"
			   "\tserver origin 127.0.0.1:%u%s\n",
			   protocols[i][0], c->server, protocols[i][1]);
}

bool conf_server(const struct conf *c, struct buf *out)
{
	put_frame(c, "", out);
	buf_puts(out, "\thttp-request return status 200 content-type text/plain string \"ok\"\n");
	return true;
}

bool conf_plain(const struct conf *c, struct buf *out)
{
	put_frame(c, "", out);
	put_backends(c, out);
	return true;
}

static bool put_acl(const struct conf *c, const char *tuning, struct buf *out)
{
	put_frame(c, tuning, out);
	vec_each (const struct genre_rule, rule, &c->genre->rules)
		buf_printf(out, "\thttp-request allow if { method %s } { path_reg '^(?:%s)$' }\n",
			   rule->method, rule->path);
	buf_puts(out, "\thttp-request deny deny_status 403\n");
	put_backends(c, out);
	return true;
}

bool conf_acl(const struct conf *c, struct buf *out)
{
	return put_acl(c, "", out);
}

bool conf_acl_tuned(const struct conf *c, struct buf *out)
{
	return put_acl(c, "\ttune.pattern.cache-size 0\n", out);
}

/* --- nginx ---------------------------------------------------------------------------------- */

static void put_temporary(const struct conf *c, struct buf *out)
{
	static const char *const kinds[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		buf_printf(out, "\t%s_temp_path %s/%s;\n", kinds[i], c->dir, kinds[i]);
}

bool conf_nginx(const struct conf *c, struct buf *out)
{
	buf_printf(out,
		   "daemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr crit;\n"
		   "events { worker_connections 1024; }\n"
		   "http {\n\taccess_log off;\n",
		   c->dir);
	put_temporary(c, out);
	buf_printf(out,
		   "\tupstream origin { server 127.0.0.1:%u; keepalive 64; "
		   "keepalive_requests 100000000; }\n"
		   "\tkeepalive_requests 100000000;\n"
		   "\tproxy_http_version 1.1;\n"
		   "\tproxy_set_header Connection \"\";\n"
		   "\tserver {\n"
		   "\t\tlisten 127.0.0.1:%u;\n"
		   "\t\tlisten 127.0.0.1:%u http2;\n"
		   "\t\tlocation / { return 403; }\n",
		   c->server, c->port, c->port + 1);
	vec_each (const struct genre_rule, rule, &c->genre->rules)
		buf_printf(out,
			   "\t\tlocation ~ \"^(?:%s)$\" { limit_except %s { deny all; } "
			   "proxy_pass http://origin; }\n",
			   rule->path, rule->method);
	buf_puts(out, "\t}\n}\n");
	return true;
}

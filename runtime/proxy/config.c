/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/config.h"

#include "lang/base/buf.h"
#include "runtime/proxy/judge.h"
#include "runtime/proxy/reading.h"
#include "runtime/proxy/told.h"

static void put_global(const struct proxy_config *c, struct buf *out)
{
	buf_printf(out,
		   "global\n"
		   "\tnbthread %u\n"
		   "\ttune.bufsize %d\n"
		   "\ttune.http.maxhdr %d\n"
		   "\texpose-experimental-directives\n" /* normalize-uri */
		   "\tmworker-max-reloads 8\n"          /* older workers end */
		   "\tnoreuseport\n" /* before Linux 6.6, no other socket can be assigned */
		   "\tstats socket unix@%s mode 600 level admin expose-fd listeners\n"
		   "\tlua-prepend-path %s/?.so cpath\n"
		   "\tlua-load-per-thread %s\n",
		   c->threads, PROXY_BUFFER, 2 * PROXY_MAX_HEADERS, c->socket, c->module_dir,
		   c->script);
	if (c->told)
		buf_printf(out, "\tlog %s len %d format raw local0 notice\n", c->told,
			   PROXY_TOLD_SIZE);
	buf_putc(out, '\n');
}

static const char defaults[] = "defaults\n"
			       "\tmode http\n"
			       "\toption idle-close-on-response\n" /* a reload costs no request */
			       "\ttimeout connect 10s\n"
			       "\ttimeout client 1h\n"
			       "\ttimeout server 1h\n"
			       "\ttimeout http-request 30s\n"
			       "\ttimeout http-keep-alive 5m\n"
			       "\ttimeout tunnel 24h\n"
			       "\n";

/* What asks the module (judge.h): in HAProxy's own way, if the module knows this HAProxy
 * (native.h). */
static void put_asking(bool again, struct buf *out)
{
	const char *when = again ? " if prepare" : "";

	buf_printf(out,
		   ".if defined(POLC_NATIVE)\n"
		   "\thttp-request set-var(txn.polc) polc.judge%s%s\n"
		   ".else\n"
		   "\thttp-request set-var-fmt(txn.request) \"%%[so_name] %%[method] "
		   "%%[url]\\r\\n%%[req.hdrs]%s\"%s\n"
		   "\thttp-request set-var(txn.polc) var(txn.request),lua.polc%s\n"
		   ".endif\n",
		   again ? "_again" : "", when, again ? PROXY_REQUEST_END_AGAIN : PROXY_REQUEST_END,
		   when, when);
}

static const char preparing[] =
	"\t# the only protocol that a request may change to is that of websockets; HTTP/1 asks, "
	"HTTP/2 "
	"insists\n"
	"\thttp-request set-var(txn.websocket) bool(true) if prepare "
	"{ req.fhdr(upgrade) -m str -i websocket } { req.fhdr_cnt(upgrade) eq 1 }\n"
	"\thttp-request del-header upgrade if prepare !{ fc_http_major 2 }\n"
	"\thttp-request set-header upgrade websocket if { var(txn.websocket) -m bool }\n"
	"\tacl connects method CONNECT\n"
	"\t# a path has one form\n"
	"\thttp-request normalize-uri percent-decode-unreserved strict if prepare !connects\n"
	"\thttp-request normalize-uri fragment-strip if prepare !connects\n"
	"\thttp-request normalize-uri path-merge-slashes if prepare !connects\n"
	"\thttp-request normalize-uri path-strip-dot if prepare !connects\n"
	"\thttp-request normalize-uri path-strip-dotdot full if prepare !connects\n";

static void put_judging(struct buf *out)
{
	buf_puts(out, "\t# what no entry allows is denied, and so is all if none can be asked\n");
	put_asking(false, out);
	buf_printf(out,
		   "\thttp-request allow if { var(txn.polc) -m int 1:%d }\n"
		   "\tacl prepare var(txn.polc),add(%d) -m int eq 0\n",
		   PROXY_TELL - 1, -PROXY_AGAIN);
	buf_puts(out, preparing);
	put_asking(true, out);
	buf_puts(out, "\tacl allowed var(txn.polc) -m int gt 0\n");
	buf_printf(out,
		   "\thttp-request set-var(txn.refused) var(txn.polc),mul(-1),mod(%d) if "
		   "!allowed\n"
		   "\tacl refused var(txn.refused) -m int ge %d\n"
		   "\tacl large var(txn.refused) -m int eq %d\n"
		   "\tacl ruleless var(txn.refused) -m int eq %d\n",
		   PROXY_TELL, PROXY_REFUSED, (int)PROXY_REFUSED + (int)PROXY_LARGE,
		   (int)PROXY_REFUSED + (int)PROXY_RULELESS);
	buf_puts(out, ".if defined(POLC_NATIVE)\n"
		      "\thttp-request set-var(txn.largest) polc.largest if large\n"
		      ".else\n"
		      "\thttp-request set-var(txn.largest) var(txn.request),lua.polc_largest if "
		      "large\n"
		      "\thttp-request unset-var(txn.request)\n"
		      ".endif\n");
}

/* What is told is of a level of its own; nothing else is loud enough, but what is no request. */
static void put_telling(struct buf *out)
{
	buf_puts(out, "\tlog global\n"
		      "\toption dontlognull\n"
		      "\toption log-separate-errors\n"
		      "\tlog-format \"" PROXY_TOLD_FORMAT "\"\n");
	buf_printf(out, "\terror-log-format \"" PROXY_UNREAD_FORMAT "\"\n", PROXY_TOLD_UNREAD);
	buf_printf(out,
		   "\tacl told var(txn.polc) -m int ge %d\n"
		   "\tacl told var(txn.polc) -m int le %d\n",
		   PROXY_TELL, -PROXY_TELL);
	buf_puts(out, "\thttp-request set-log-level notice if told\n"
		      "\thttp-request set-var(txn.method) method,bytes(0,32) if told\n"
		      "\thttp-request set-var(txn.host) req.hdr(host) if told !refused\n"
		      "\thttp-request set-var(txn.path) path if told\n");
}

/* HAProxy resets a stream of HTTP/2 that it answers before the request has ended, and clients take
 * the reset for the answer. */
static const char denying[] =
	"\t# who came to rules that are gone comes again, to those that there are now\n"
	"\thttp-request reject if ruleless\n"
	"\t# who may have more to send is told by a server that hears it\n"
	"\tacl many be_conn(denied) ge 256\n"
	"\tacl grpc req.hdr(content-type) -m beg application/grpc\n"
	"\thttp-request set-var(txn.unended) bool(true) if !allowed !many grpc\n"
	"\thttp-request set-var(txn.unended) bool(true) if !allowed !many !METH_GET "
	"{ fc_http_major 2 }\n"
	"\tacl unended var(txn.unended) -m bool\n"
	"\thttp-request return status 431 content-type text/plain "
	"string \"refused: too large\\n\" if large !unended\n"
	"\thttp-request deny deny_status 400 content-type text/plain "
	"string \"refused: two readings\\n\" if refused !unended\n"
	"\thttp-request deny deny_status 403 content-type text/plain "
	"string \"denied by policy\\n\" if !allowed !unended\n"
	"\thttp-request del-header ^(?!content-type$|host$) -m reg if large\n"
	"\thttp-request set-path / if !allowed\n"
	"\thttp-request set-header polc-answer 403 if !allowed\n"
	"\thttp-request set-header polc-answer 400 if refused\n"
	"\thttp-request set-header polc-answer 431 if large\n"
	"\tuse_backend denied unless allowed\n"
	"\tuse_backend h2 if { fc_http_major 2 }\n"
	"\tdefault_backend h1\n"
	"\n";

static void put_frontend(const struct proxy_config *c, struct buf *out)
{
	buf_puts(out, "frontend polc\n");
	for (size_t i = 0; i < c->n; i++)
		buf_printf(out, "\tbind %s:%u name %s%s%s\n", c->binds[i].address, c->binds[i].port,
			   c->binds[i].set, c->binds[i].how ? " " : "",
			   c->binds[i].how ? c->binds[i].how : "");
	if (c->share)
		buf_printf(out,
			   "\t# one client leaves room for others\n"
			   "\tstick-table type ipv6 size 64k expire 1h store conn_cur\n"
			   "\ttcp-request connection track-sc0 src\n"
			   "\ttcp-request connection reject if { sc0_conn_cur gt %u }\n",
			   c->share);
	if (c->told) /* or HAProxy would write a line for each, and then throw it away */
		buf_puts(out, "\thttp-request set-log-level silent\n");
	put_judging(out);
	if (c->told)
		put_telling(out);
	buf_puts(out, denying);
}

/* The service of polc.lua, and the way to it: for requests that never end there is a place only for
 * so many, as each takes two connections here. */
static void put_denied(const struct proxy_config *c, struct buf *out)
{
	buf_printf(
		out,
		"backend denied\n"
		"\thttp-response del-header content-length if { res.hdr(grpc-status) -m found }\n"
		"\tserver denied unix@%s\n"
		"\n"
		"frontend denied\n"
		"\tmode tcp\n"
		"\tno option idle-close-on-response\n"
		"\tbind unix@%s mode 600\n"
		"\ttcp-request content use-service lua.polc_denied\n"
		"\n",
		c->denied, c->denied);
}

static void put_backend(const struct proxy_config *c, const char *name, const char *how,
			struct buf *out)
{
	buf_printf(out, "backend %s\n", name);
	if (!c->server)
		buf_puts(out, "\tsource 0.0.0.0 usesrc clientip\n");
	buf_printf(out, "\tserver origin %s%s\n", c->server ? c->server : "*", how);
}

void proxy_config_put(const struct proxy_config *c, struct buf *out)
{
	put_global(c, out);
	buf_puts(out, defaults);
	put_frontend(c, out);
	put_denied(c, out);
	put_backend(c, "h1", "", out);
	buf_putc(out, '\n');
	put_backend(c, "h2", " proto h2", out);
}

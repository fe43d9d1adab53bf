/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/config.h"

#include "lang/base/buf.h"
#include "runtime/proxy/request.h"

/* RFC 9113 and the protocol of gRPC over HTTP/2: headers that end the stream; 7 is
 * PERMISSION_DENIED. */
const char proxy_grpc_denied[] = "HTTP/1.1 200 OK\r\n"
				 "content-type: application/grpc\r\n"
				 "grpc-status: 7\r\n"
				 "grpc-message: denied by policy\r\n"
				 "\r\n";

static void put_global(const struct proxy_config *c, struct buf *out)
{
	buf_printf(out,
		   "global\n"
		   "\tnbthread %u\n"
		   "\texpose-experimental-directives\n" /* normalize-uri */
		   "\tstats socket unix@%s mode 600 level admin expose-fd listeners\n"
		   "\tlua-prepend-path %s/?.so cpath\n"
		   "\tlua-load-per-thread %s\n"
		   "\n",
		   c->threads, c->socket, c->module_dir, c->script);
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

/* What has two readings, before it is put in one form and behind. */
static const char readings[] =
	"\t# one reading of each request, or none\n"
	"\thttp-request deny deny_status 400 if METH_CONNECT\n"
	"\thttp-request deny deny_status 400 unless { req.fhdr_cnt(host) eq 1 }\n"
	"\thttp-request deny deny_status 400 unless { req.fhdr(host) -m reg "
	"'^([A-Za-z0-9._~!$&()*+,;=%-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]*)?$' }\n"
	"\thttp-request deny deny_status 400 unless { path -m beg / }\n"
	"\thttp-request deny deny_status 400 if { path,lower -m sub %2f %5c %00 \\\\ }\n"
	"\thttp-request normalize-uri percent-decode-unreserved strict\n"
	"\thttp-request normalize-uri fragment-strip\n"
	"\thttp-request normalize-uri path-merge-slashes\n"
	"\thttp-request normalize-uri path-strip-dot\n"
	"\thttp-request normalize-uri path-strip-dotdot full\n"
	"\thttp-request deny deny_status 400 if { path -m sub ..; } or { path,lower -m sub %25 }\n"
	"\t# the only protocol that a request may change to is that of websockets\n"
	"\tacl websocket req.fhdr(upgrade) -m str -i websocket\n"
	"\thttp-request set-var(txn.websocket) bool(true) if websocket { req.fhdr_cnt(upgrade) eq "
	"1 }\n"
	"\thttp-request del-header upgrade\n"
	"\thttp-request set-header upgrade websocket if { var(txn.websocket) -m bool }\n";

static void put_judging(struct buf *out)
{
	buf_puts(out,
		 "\t# what no entry allows is denied, and so is all if none can be asked\n"
		 "\thttp-request set-var-fmt(txn.request) \"%[so_name] %[method] "
		 "%[path]\\r\\n%[req.hdrs]" PROXY_REQUEST_END "\"\n"
		 "\thttp-request set-var(txn.polc) var(txn.request),lua.polc\n"
		 "\thttp-request unset-var(txn.request)\n"
		 "\tacl allowed var(txn.polc) -m int gt 0\n"
		 "\t# who came to rules that are gone comes again, to those that there are now\n");
	buf_printf(out, "\thttp-request reject if { var(txn.polc),add(%d) -m int eq 0 }\n",
		   -PROXY_NO_RULES);
}

static void put_frontend(const struct proxy_config *c, struct buf *out)
{
	buf_puts(out, "frontend polc\n");
	for (size_t i = 0; i < c->n; i++)
		buf_printf(out, "\tbind %s:%u name %s%s%s\n", c->binds[i].address, c->binds[i].port,
			   c->binds[i].set, c->binds[i].how ? " " : "",
			   c->binds[i].how ? c->binds[i].how : "");
	buf_puts(out, readings);
	put_judging(out);
	buf_printf(out,
		   "\thttp-request return status 200 errorfile %s/grpc.http if !allowed "
		   "{ req.hdr(content-type) -m beg application/grpc }\n"
		   "\thttp-request deny deny_status 403 content-type text/plain "
		   "string \"denied by policy\\n\" unless allowed\n"
		   "\tuse_backend h2 if { fc_http_major 2 }\n"
		   "\tdefault_backend h1\n"
		   "\n",
		   c->state_dir);
}

static void put_backend(const struct proxy_config *c, const char *name, const char *how,
			struct buf *out)
{
	/* The other end's proxy may end a connection for its new rules; what changes nothing is
	 * sent again (RFC 9110, section 9.2.2). */
	buf_printf(out,
		   "backend %s\n"
		   "\tretry-on conn-failure empty-response\n"
		   "\thttp-request disable-l7-retry unless METH_GET\n",
		   name);
	if (!c->server)
		buf_puts(out, "\tsource 0.0.0.0 usesrc clientip\n");
	buf_printf(out, "\tserver origin %s%s\n", c->server ? c->server : "*", how);
}

void proxy_config_put(const struct proxy_config *c, struct buf *out)
{
	put_global(c, out);
	buf_puts(out, defaults);
	put_frontend(c, out);
	put_backend(c, "h1", "", out);
	buf_putc(out, '\n');
	put_backend(c, "h2", " proto h2", out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, for programs and for people, as `polc why` and `polc reach --probes` take them. */
#include "lang/base/buf.h"
#include "lang/base/diag_value.h"
#include "verifier/diff/requests.h"
#include "verifier/flow/request.h"

static void set_text(json_t *object, const char *key, const char *s)
{
	if (s)
		json_object_set_new(object, key, diag_value_text(s));
}

static json_t *headers_json(const struct ir_request *r)
{
	json_t *out = json_array();

	vec_each (const struct ir_header, h, &r->headers)
		json_array_append_new(out, json_pack("[o, o]", diag_value_text(h->name),
						     diag_value_text(h->value)));
	return out;
}

static json_t *kafka_json(const struct ir_request *r)
{
	json_t *kafka = json_object();

	set_text(kafka, "api", r->api);
	set_text(kafka, "topic", r->topic);
	set_text(kafka, "client", r->client);
	return json_pack("{s:o}", "kafka", kafka);
}

json_t *diff_request_json(const struct ir_request *r)
{
	json_t *out;

	if (r->kind == IR_REQUEST_KAFKA)
		return kafka_json(r);
	out = json_object();
	set_text(out, "method", r->method);
	set_text(out, "path", r->path);
	set_text(out, "host", r->host);
	if (r->headers.n)
		json_object_set_new(out, "headers", headers_json(r));
	return out;
}

static void put_kafka(const struct ir_request *r, struct buf *out)
{
	json_t *json = diff_request_json(r);

	diag_value_dump(json, JSON_COMPACT | JSON_PRESERVE_ORDER, out);
	json_decref(json);
}

void diff_request_text(const struct ir_request *r, struct buf *out)
{
	if (r->kind == IR_REQUEST_HTTP) {
		request_put_http(r, out);
		return;
	}
	buf_puts(out, "request ");
	put_kafka(r, out);
}

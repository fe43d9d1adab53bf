-- SPDX-License-Identifier: Apache-2.0
-- The sample fetch `lua.polc` of HAProxy: what the rule set of the listener says of a request, as
-- runtime/proxy/lua_module.c has it. An error leaves no sample, which the configuration denies.
local sets = require("polc_l7").open(os.getenv("POLC_RULE_SETS"))

core.register_fetches("polc", function(txn)
	local name = txn.f:so_name()
	local headers

	if sets:looks_at_headers(name) then
		headers = txn.http:req_get_headers()
		headers["host"] = nil
	end
	return sets:judge(name, txn.f:method(), txn.f:path(), txn.f:req_fhdr("host"), headers)
end)

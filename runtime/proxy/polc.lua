-- SPDX-License-Identifier: Apache-2.0
-- The converter `lua.polc` of HAProxy: what the rule set of the listener says of a request, as
-- runtime/proxy/lua_module.c has it. An error leaves no sample, which the configuration denies.
local sets = require("polc_l7").open(os.getenv("POLC_RULE_SETS"))

core.register_converters("polc", function(text)
	return sets:judge(text)
end)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module `polc_l7` of Lua 5.3, by which HAProxy asks rule sets:
 *
 *   sets = polc_l7.open(DIR [, HITS])
 *   n = sets:judge(TEXT)     proxy_judge_text()
 *   s = sets:largest(TEXT)   proxy_largest_header()
 *   why = polc_l7.native(DIR [, HITS])   nil: HAProxy need not ask by Lua (native.h)
 */
#include <lauxlib.h>
#include <lua.h>

#include "runtime/proxy/judge.h"
#include "runtime/proxy/native.h"
#include "runtime/proxy/reading.h"

#define META "polc_l7.sets"

int luaopen_polc_l7(lua_State *lua);

static struct proxy_judge *judge_of(lua_State *lua)
{
	struct proxy_judge *j = luaL_checkudata(lua, 1, META);

	luaL_argcheck(lua, j->sets, 1, "it is closed");
	return j;
}

static int open_sets(lua_State *lua)
{
	const char *dir = luaL_checkstring(lua, 1), *hits = luaL_optstring(lua, 2, NULL);
	struct proxy_judge *j = lua_newuserdata(lua, sizeof(*j));

	*j = (struct proxy_judge){0};
	luaL_setmetatable(lua, META);
	if (proxy_judge_open(j, dir, hits))
		return luaL_error(lua, "polc: no rule sets in %s", dir);
	return 1;
}

static int close_sets(lua_State *lua)
{
	proxy_judge_close(luaL_checkudata(lua, 1, META));
	return 0;
}

static int judge(lua_State *lua)
{
	struct proxy_judge *j = judge_of(lua);
	size_t n;
	const char *text = luaL_checklstring(lua, 2, &n);

	lua_pushinteger(lua, proxy_judge_text(j, text, n));
	return 1;
}

static int largest(lua_State *lua)
{
	size_t n;
	const char *text = luaL_checklstring(lua, 2, &n);
	struct proxy_parts parts;
	struct flat_text name;

	proxy_split_request(text, n, &parts);
	name = proxy_largest_header(parts.headers);
	lua_pushlstring(lua, name.s, name.n);
	return 1;
}

static int native(lua_State *lua)
{
	lua_pushstring(
		lua, proxy_native_register(luaL_checkstring(lua, 1), luaL_optstring(lua, 2, NULL)));
	return 1;
}

int luaopen_polc_l7(lua_State *lua)
{
	static const luaL_Reg methods[] = {{"judge", judge},
					   {"largest", largest},
					   {"close", close_sets},
					   {"__gc", close_sets},
					   {NULL, NULL}};
	static const luaL_Reg functions[] = {{"open", open_sets}, {"native", native}, {NULL, NULL}};

	luaL_newmetatable(lua, META);
	lua_pushvalue(lua, -1);
	lua_setfield(lua, -2, "__index");
	luaL_setfuncs(lua, methods, 0);
	luaL_newlib(lua, functions);
	return 1;
}

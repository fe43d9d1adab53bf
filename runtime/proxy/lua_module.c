/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module `polc_l7` of Lua 5.3, by which HAProxy asks rule sets:
 *
 *   sets = polc_l7.open(DIR [, HITS])
 *   n = sets:judge(TEXT)     see proxy_read_request()
 *
 * `n` is the number of the entry that decides, from 1 on, and negative if it denies; 0: none
 * matches, or the text is no whole request; PROXY_NO_RULES: there is no such rule set. Of one that
 * is to be told, PROXY_TELL is added, away from 0; 0 becomes a denial.
 */
#include <lauxlib.h>
#include <lua.h>

#include "runtime/proxy/request.h"
#include "runtime/proxy/sets.h"
#include "runtime/proxy/telling.h"
#include "runtime/proxy/told.h"

#define META "polc_l7.sets"

struct asked {
	struct proxy_sets *sets; /* NULL: closed */
	struct proxy_telling telling;
};

int luaopen_polc_l7(lua_State *lua);

static struct asked *asked_of(lua_State *lua)
{
	struct asked *a = luaL_checkudata(lua, 1, META);

	luaL_argcheck(lua, a->sets, 1, "it is closed");
	return a;
}

static int open_sets(lua_State *lua)
{
	const char *dir = luaL_checkstring(lua, 1), *hits = luaL_optstring(lua, 2, NULL);
	struct asked *a = lua_newuserdata(lua, sizeof(*a));

	*a = (struct asked){0};
	luaL_setmetatable(lua, META);
	a->sets = proxy_sets_open(dir, hits);
	if (!a->sets)
		return luaL_error(lua, "polc: no rule sets in %s", dir);
	proxy_telling_open(&a->telling, dir);
	return 1;
}

static int close_sets(lua_State *lua)
{
	struct asked *a = luaL_checkudata(lua, 1, META);

	proxy_sets_close(a->sets);
	proxy_telling_close(&a->telling);
	a->sets = NULL;
	return 0;
}

static int judge(lua_State *lua)
{
	struct asked *a = asked_of(lua);
	const struct flat_entry *entry = NULL;
	const struct flat_header *set;
	struct proxy_request request;
	lua_Integer number = 0;
	const char *text, *why;
	size_t n;

	text = luaL_checklstring(lua, 2, &n);
	if (proxy_read_request(text, n, &request)) {
		set = proxy_sets_find(a->sets, request.set, &why);
		entry = set ? flat_judge(set, &request.flat) : NULL;
		if (set)
			proxy_sets_count(a->sets, entry);
		number = set ? 0 : PROXY_NO_RULES;
	}
	if (entry) {
		number = entry - flat_entries(set) + 1;
		if (entry->deny)
			number = -number;
	}
	if (number != PROXY_NO_RULES && proxy_telling_takes(&a->telling))
		number += number > 0 ? PROXY_TELL : -PROXY_TELL;
	lua_pushinteger(lua, number);
	return 1;
}

int luaopen_polc_l7(lua_State *lua)
{
	static const luaL_Reg methods[] = {
		{"judge", judge}, {"close", close_sets}, {"__gc", close_sets}, {NULL, NULL}};
	static const luaL_Reg functions[] = {{"open", open_sets}, {NULL, NULL}};

	luaL_newmetatable(lua, META);
	lua_pushvalue(lua, -1);
	lua_setfield(lua, -2, "__index");
	luaL_setfuncs(lua, methods, 0);
	luaL_newlib(lua, functions);
	return 1;
}

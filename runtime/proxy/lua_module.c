/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module `polc_l7` of Lua 5.3, by which HAProxy asks rule sets:
 *
 *   sets = polc_l7.open(DIR)
 *   yes = sets:looks_at_headers(NAME)     at others than Host
 *   n = sets:judge(NAME, METHOD, PATH, HOST, HEADERS)
 *
 * HOST may be nil. HEADERS is a table of the values of each header by its name, the first at 0, as
 * HAProxy has it; it may be nil. `n` is the number of the entry that decides, from 1 on, and
 * negative if it denies; 0: none matches, or there is no such rule set.
 */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "compiler/l7/ruleset.h"
#include "runtime/proxy/sets.h"

#define META "polc_l7.sets"

/* More header lines than HAProxy takes (tune.http.maxhdr is 101). */
enum { MAX_LINES = 256 };

int luaopen_polc_l7(lua_State *lua);

static struct proxy_sets *sets_of(lua_State *lua)
{
	struct proxy_sets **s = luaL_checkudata(lua, 1, META);

	luaL_argcheck(lua, *s, 1, "it is closed");
	return *s;
}

static int open_sets(lua_State *lua)
{
	const char *dir = luaL_checkstring(lua, 1);
	struct proxy_sets **s = lua_newuserdata(lua, sizeof(struct proxy_sets *));

	*s = NULL;
	luaL_setmetatable(lua, META);
	*s = proxy_sets_open(dir);
	if (!*s)
		return luaL_error(lua, "polc: no rule sets in %s", dir);
	return 1;
}

static int close_sets(lua_State *lua)
{
	struct proxy_sets **s = luaL_checkudata(lua, 1, META);

	proxy_sets_close(*s);
	*s = NULL;
	return 0;
}

static bool has_header_column(const struct flat_header *set)
{
	const struct flat_column *columns = (const void *)((const char *)set + set->columns);

	for (uint32_t i = 0; i < set->n_columns; i++)
		if (columns[i].source == L7_HEADER)
			return true;
	return false;
}

static int looks_at_headers(lua_State *lua)
{
	const char *why;
	const struct flat_header *set =
		proxy_sets_find(sets_of(lua), luaL_checkstring(lua, 2), &why);

	lua_pushboolean(lua, set && has_header_column(set));
	return 1;
}

static struct flat_text text_at(lua_State *lua, int index)
{
	struct flat_text out = {0};

	if (!lua_isnoneornil(lua, index))
		out.s = luaL_checklstring(lua, index, &out.n);
	return out;
}

struct lines {
	struct flat_header_line list[MAX_LINES];
	size_t n;
};

/* The values on top of the stack. */
static void add_values(lua_State *lua, struct flat_text name, struct lines *out)
{
	for (lua_Integer i = 0; lua_rawgeti(lua, -1, i) == LUA_TSTRING; i++) {
		struct flat_text value;

		if (out->n == MAX_LINES)
			luaL_error(lua, "polc: too many headers");
		value.s = lua_tolstring(lua, -1, &value.n);
		out->list[out->n++] = (struct flat_header_line){.name = name, .value = value};
		lua_pop(lua, 1); /* the table keeps it */
	}
	lua_pop(lua, 1);
}

static void add_headers(lua_State *lua, int index, struct lines *out)
{
	if (lua_isnoneornil(lua, index))
		return;
	luaL_checktype(lua, index, LUA_TTABLE);
	lua_pushnil(lua);
	while (lua_next(lua, index)) {
		struct flat_text name = {0};

		if (lua_type(lua, -2) == LUA_TSTRING && lua_istable(lua, -1)) {
			name.s = lua_tolstring(lua, -2, &name.n);
			add_values(lua, name, out);
		}
		lua_pop(lua, 1);
	}
}

static int judge(lua_State *lua)
{
	struct proxy_sets *s = sets_of(lua);
	const char *why;
	const struct flat_header *set = proxy_sets_find(s, luaL_checkstring(lua, 2), &why);
	const struct flat_entry *entry, *all;
	struct flat_request request = {0};
	struct lines lines;
	lua_Integer number = 0;

	lines.n = 0;
	request.method = text_at(lua, 3);
	request.path = text_at(lua, 4);
	request.host = text_at(lua, 5);
	add_headers(lua, 6, &lines);
	request.headers = lines.list;
	request.n_headers = lines.n;
	entry = set ? flat_judge(set, &request) : NULL;
	if (entry) {
		all = (const void *)((const char *)set + set->entries);
		number = entry - all + 1;
		if (entry->deny)
			number = -number;
	}
	lua_pushinteger(lua, number);
	return 1;
}

int luaopen_polc_l7(lua_State *lua)
{
	static const luaL_Reg methods[] = {{"judge", judge},
					   {"looks_at_headers", looks_at_headers},
					   {"close", close_sets},
					   {"__gc", close_sets},
					   {NULL, NULL}};
	static const luaL_Reg functions[] = {{"open", open_sets}, {NULL, NULL}};

	luaL_newmetatable(lua, META);
	lua_pushvalue(lua, -1);
	lua_setfield(lua, -2, "__index");
	luaL_setfuncs(lua, methods, 0);
	luaL_newlib(lua, functions);
	return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <vector>

#include "tests/bench/requests/matcher.h"

namespace
{

/* Its automata are made while they are asked: with room, so that none is thrown away. */
const int64_t memory = int64_t(1) << 30;

struct built {
	RE2::Set set;
	std::vector<int> found;

	explicit built(const RE2::Options &options) : set(options, RE2::ANCHOR_BOTH) {}
};

void *build(const char *const *expressions, size_t n)
{
	RE2::Options options(RE2::Quiet);
	options.set_max_mem(memory);
	built *b = new built(options);

	for (size_t i = 0; i < n; i++) {
		if (b->set.Add(expressions[i], nullptr) != int(i)) {
			delete b;
			return nullptr;
		}
	}
	if (!b->set.Compile()) {
		delete b;
		return nullptr;
	}
	return b;
}

uint32_t first(void *p, const char *line, size_t n)
{
	built *b = static_cast<built *>(p);

	if (!b->set.Match(re2::StringPiece(line, n), &b->found))
		return MATCHER_NONE;
	return uint32_t(*std::min_element(b->found.begin(), b->found.end()));
}

void release(void *p)
{
	delete static_cast<built *>(p);
}

} // namespace

const struct matcher matcher_re2 = {"RE2::Set", build, first, nullptr, release};

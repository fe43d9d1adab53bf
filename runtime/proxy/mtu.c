/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/mtu.h"

#include <bpf/bpf.h>
#include <stdio.h>

#include "runtime/proxy/space.h"

uint32_t proxy_mtu_kept(const struct proxy_place *place)
{
	uint32_t mtu = PROXY_MTU_USUAL;
	FILE *f = fopen(place->mtu, "re");

	if (f && (fscanf(f, "%u", &mtu) != 1 || mtu < PROXY_MTU_MIN || mtu > PROXY_MTU_MAX))
		mtu = PROXY_MTU_USUAL;
	if (f)
		fclose(f);
	return mtu;
}

static int keep(const struct proxy_place *place, uint32_t mtu, struct diag *diag)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", mtu);
	return proxy_write_text(place->mtu, text, diag);
}

int proxy_mtu_say(const struct proxy_place *place, int map, uint32_t mtu, struct diag *diag)
{
	int r = keep(place, mtu, diag);

	for (uint32_t d = 0; d < POLC_DIRS && !r; d++) {
		struct polc_proxy proxy;

		if (bpf_map_lookup_elem(map, &d, &proxy) == 0 && proxy.ifindex)
			r = proxy_space_fit(d, &proxy, mtu, diag);
	}
	return r;
}

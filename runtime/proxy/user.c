/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "runtime/proxy/user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

int proxy_user_find(struct diag *diag, struct proxy_user *out)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(PROXY_USER);
	if (!pw)
		return rt_fail(diag, errno ? -errno : -ESRCH, RT_CODE_PROXY,
			       "there is no user " PROXY_USER " for the proxy that judges "
			       "requests: install the Debian package haproxy");
	*out = (struct proxy_user){pw->pw_uid, pw->pw_gid};
	return 0;
}

/* Capabilities that an execve() keeps: the ambient ones. */
static int keep_net_admin(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint32_t bit = 1u << CAP_NET_ADMIN;
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = bit, .permitted = bit, .inheritable = bit}};

	if (syscall(SYS_capset, &head, caps))
		return -errno;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) ? -errno : 0;
}

static int become(const struct proxy_user *user)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return keep_net_admin();
}

int proxy_user_become(const struct proxy_user *user, struct diag *diag)
{
	int r = become(user);

	return r ? rt_fail(diag, r, RT_CODE_PROXY, "cannot become the user " PROXY_USER) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bounds that the kernel's verifier sees.
 *
 * clang knows more than the verifier: it drops a mask where it can tell that a number is small
 * already, checks one copy of a number and uses another, and keeps numbers on the stack meanwhile.
 * Verifiers forget bounds on the way: at a byte swap (until 2026), at copies of 32 bits, in slots
 * of the stack; and they take a loop for endless if its counter lies on the stack. The older a
 * kernel, the more of this it does.
 *
 * So an index is bounded where it is used, whatever was checked before. Where it comes from is
 * hidden from clang, so that the mask stays; and so is the pointer that it leads to, so that
 * nothing is computed from the index a second time. Loops are short and keep little alive, or are
 * written out. The stage `kernels` of tests/run.sh tries the result on several kernels with several
 * versions of clang.
 */
#pragma once

/* Makes clang forget what it knows of a variable. It costs no instruction. */
#define POLC_OPAQUE(variable) asm volatile("" : "+r"(variable))

/* Makes the verifier forget which number this is, so that it goes on with one state instead of one
 * for each. `noise` is a number that it does not know either. */
#define POLC_FORGET(number, noise)                                                                 \
	asm volatile("%0 ^= %1; %0 ^= %1" : "+r"(number) : "r"((__u32)(noise)))

/* i, which is less than n: as the verifier is to see it. A mask where n is a power of two, else a
 * choice (a wrong i counts as 0), made where clang cannot move it. In 64 bits, as copies of these
 * keep their bounds. */
static __always_inline __u64 polc_index(__u64 i, const __u64 n)
{
	if ((n & (n - 1)) == 0) {
		POLC_OPAQUE(i);
		return i & (n - 1);
	}
	asm volatile("if %0 < %1 goto +1; %0 = 0" : "+r"(i) : "i"(n));
	return i;
}

/* &array[i], of n elements. */
#define POLC_AT(array, i, n)                                                                       \
	({                                                                                         \
		typeof(&(array)[0]) at_ = &(array)[polc_index(i, n)];                              \
                                                                                                   \
		POLC_OPAQUE(at_);                                                                  \
		at_;                                                                               \
	})

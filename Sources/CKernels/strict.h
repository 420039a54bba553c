// Included by every file with floating-point arithmetic in it.

#ifndef STRICT_H
#define STRICT_H

#if defined(__FAST_MATH__)
#error "These kernels promise one order of operations; build them without -ffast-math."
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "These kernels need float and double arithmetic without excess precision."
#endif

// a * b + c is two roundings, also where the machine could do it in one.
#pragma STDC FP_CONTRACT OFF

#endif

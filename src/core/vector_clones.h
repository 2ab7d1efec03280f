#pragma once

/// Before a function of plain loops: compiled once for any x86-64 and once each for wider vectors; the processor's is
/// taken at run time. All give the same values: src/core forbids to contract a * b + c (-ffp-contract=off). Not with
/// sanitizers, which would run before they are ready, in the choice of the clone.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define HDRTILE_VECTOR_CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define HDRTILE_VECTOR_CLONES
#endif

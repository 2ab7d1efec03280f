#pragma once

// Vectors of the instruction set that the including file is compiled for, by GCC's and Clang's vector extensions.
// Everything is in an unnamed namespace: were it shared, the linker could give the AVX2 code a function with AVX-512 in
// it. For the same reason no header of the standard library with inline functions belongs here.

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AMX_BF16__) || defined(__AMXBF16__)  // GCC's name for it, and Clang's
#define HDRTILE_AMX
#endif

namespace hdrtile::kernels {
namespace {

#ifdef __AVX512F__
constexpr int lanes = 16;
#else
constexpr int lanes = 8;
#endif
using Vec = float __attribute__((vector_size(lanes * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(lanes * sizeof(float))));

inline Vec load(const float* p) {
  Vec v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }

/// The first `count` lanes, the others zero.
inline Vec load_some(const float* p, int count) {
#ifdef __AVX512F__
  return reinterpret_cast<Vec>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << count) - 1U), p));
#else
  Vec v = {};
  std::memcpy(&v, p, count * sizeof(float));
  return v;
#endif
}
inline void store_some(float* p, Vec v, int count) { std::memcpy(p, &v, count * sizeof(float)); }

inline Vec broadcast(float value) {
#ifdef __AVX512F__
  return reinterpret_cast<Vec>(_mm512_set1_ps(value));
#else
  return reinterpret_cast<Vec>(_mm256_set1_ps(value));
#endif
}

inline float sum(Vec v) {
#ifdef __AVX512F__
  const auto eight = reinterpret_cast<__m256>(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                                              __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
#else
  const auto eight = reinterpret_cast<__m256>(v);
#endif
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}

#ifdef __AVX512F__
constexpr __mmask16 all_lanes =
    0xFFFF;  // the forms without a mask make GCC 12 warn of its own headers (its bug 105593)
#endif

/// Lanes whose number has the bit `distance` of one vector, the rest of the other.
template <int distance>
inline Vec pick(Vec with, Vec without) {
#ifdef __AVX512F__
  constexpr __mmask16 mask = distance == 8 ? 0xFF00 : distance == 4 ? 0xF0F0 : distance == 2 ? 0xCCCC : 0xAAAA;
  return reinterpret_cast<Vec>(
      _mm512_mask_blend_ps(mask, reinterpret_cast<__m512>(without), reinterpret_cast<__m512>(with)));
#else
  constexpr int mask = distance == 4 ? 0xF0 : distance == 2 ? 0xCC : 0xAA;
  return reinterpret_cast<Vec>(
      _mm256_blend_ps(reinterpret_cast<__m256>(without), reinterpret_cast<__m256>(with), mask));
#endif
}
/// Lane l ^ distance in the place of lane l.
template <int distance>
inline Vec turn(Vec v) {
  constexpr int neighbours = 0xB1;
  constexpr int halves = 0x4E;
#ifdef __AVX512F__
  const auto of = reinterpret_cast<__m512>(v);
  if constexpr (distance >= 4) {
    return reinterpret_cast<Vec>(_mm512_maskz_shuffle_f32x4(all_lanes, of, of, distance == 8 ? halves : neighbours));
  } else {
    return reinterpret_cast<Vec>(_mm512_maskz_permute_ps(all_lanes, of, distance == 2 ? halves : neighbours));
  }
#else
  const auto of = reinterpret_cast<__m256>(v);
  if constexpr (distance == 4) {
    return reinterpret_cast<Vec>(_mm256_permute2f128_ps(of, of, 1));
  } else {
    return reinterpret_cast<Vec>(_mm256_permute_ps(of, distance == 2 ? halves : neighbours));
  }
#endif
}

/// Adds lanes that are `distance` apart, and puts two vectors' sums into one: 2 * distance vectors become half as many.
template <int distance>
inline void halve(Vec* v) {
#pragma GCC unroll 8
  for (int i = 0; i < distance; ++i) {
    const Vec a = v[i];
    const Vec b = v[i + distance];
    v[i] = pick<distance>(b, a) + turn<distance>(pick<distance>(a, b));
  }
}

/// Lane i: the sum of v[i]. Each is added up in the same order. v is lost.
inline Vec sum_each(Vec (&v)[lanes]) {
  if constexpr (lanes == 16) halve<8>(v);
  halve<4>(v);
  halve<2>(v);
  halve<1>(v);
  return v[0];
}

inline Vec square_root(Vec v) {
#ifdef __AVX512F__
  return reinterpret_cast<Vec>(_mm512_maskz_sqrt_ps(all_lanes, reinterpret_cast<__m512>(v)));
#else
  return reinterpret_cast<Vec>(_mm256_sqrt_ps(reinterpret_cast<__m256>(v)));
#endif
}

/// The bound where a lane is NaN.
inline Vec at_least(Vec v, float low) {
#ifdef __AVX512F__
  return reinterpret_cast<Vec>(_mm512_maskz_max_ps(all_lanes, reinterpret_cast<__m512>(v), _mm512_set1_ps(low)));
#else
  return reinterpret_cast<Vec>(_mm256_max_ps(reinterpret_cast<__m256>(v), _mm256_set1_ps(low)));
#endif
}
inline Vec at_most(Vec v, float high) {
#ifdef __AVX512F__
  return reinterpret_cast<Vec>(_mm512_maskz_min_ps(all_lanes, reinterpret_cast<__m512>(v), _mm512_set1_ps(high)));
#else
  return reinterpret_cast<Vec>(_mm256_min_ps(reinterpret_cast<__m256>(v), _mm256_set1_ps(high)));
#endif
}

/// x times the normal distribution's integral, the exact GELU: a polynomial on [-5.25, 5.25], beyond which the integral
/// is 0 or 1 to 1e-7. The largest error is 1e-6. Coefficients: a weighted minimax fit in t = 2 (x / 5.25)^2 - 1.
inline Vec gelu(Vec x) {
  constexpr float bound = 5.25F;
  constexpr float coefficients[] = {-0.000450755819F, 0.00136230385F, -0.00161946716F, 0.00211178767F, -0.0048272158F,
                                    0.00883998629F,   -0.0130904829F, 0.0184253305F,   -0.0249654204F, 0.0320452787F,
                                    -0.0397712216F,   0.0496451929F,  -0.0671265945F,  0.13465935F};
  const Vec c = at_most(at_least(x, -bound), bound);
  const Vec t = c * c * (2 / (bound * bound)) - 1.F;
  Vec p = broadcast(coefficients[0]);
#pragma GCC unroll 16
  for (std::size_t i = 1; i < sizeof coefficients / sizeof *coefficients; ++i) p = p * t + coefficients[i];
  return x * (c * p + .5F);
}

constexpr int round_up(int count, int to) { return (count + to - 1) / to * to; }

/// Operands of products in FP32: a word is one value.
struct Fp32 {
  static constexpr int per_word = 1;
  using Word = Vec;
  static Word broadcast_word(const float* p) { return broadcast(*p); }
  static Vec add_product(Vec sum_so_far, Word a, Word b) { return a * b + sum_so_far; }
  /// `lanes` values as words.
  static void store_words(float* p, Vec v) { store(p, v); }
};

#ifdef __AVX512BF16__
/// Operands in BF16: a word is two neighbouring values, the product of two words adds both of theirs in FP32.
struct Bf16 {
  static constexpr int per_word = 2;
  using Word = __m512bh;
  static Word broadcast_word(const float* p) {
    std::int32_t word = 0;
    std::memcpy(&word, p, sizeof word);
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(word));
  }
  static Vec add_product(Vec sum_so_far, Word a, Word b) {
    return reinterpret_cast<Vec>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum_so_far), a, b));
  }
  static void store_words(float* p, Vec v) {
    const auto narrow = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(v));
    std::memcpy(p, &narrow, sizeof narrow);
  }
};
#endif

#ifdef HDRTILE_AMX
/// The same words, multiplied by the matrix unit of AMX (tiles.h).
struct Tiles : Bf16 {};
#endif

}  // namespace
}  // namespace hdrtile::kernels

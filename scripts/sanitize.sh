#!/usr/bin/env bash
# Unit tests that need no LibTorch, under sanitizers: core, io, pipeline under address and undefined behaviour, the pipeline
# under thread. LibTorch is not built for them, so what runs it is left to the fuzz targets' and the plain tests' care.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: scripts/sanitize.sh [--repeat N] [asan-ubsan|tsan]...

Builds test_core, test_io and test_pipeline in build-asan-ubsan and test_pipeline in build-tsan, and runs them, the latter N
times (default 20) in random order. Needs scripts/setup.sh to have run. Without arguments both.
EOF
}

repeat=20
sanitizers=()
while (($#)); do
  case $1 in
    --repeat) repeat=${2:?--repeat needs a number}; shift 2 ;;
    asan-ubsan | tsan) sanitizers+=("$1"); shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
((${#sanitizers[@]})) || sanitizers=(asan-ubsan tsan)
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
configure=()
if command -v ccache >/dev/null; then configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 TSAN_OPTIONS=halt_on_error=1
export LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/leaks.supp:print_suppressions=0

for sanitizer in "${sanitizers[@]}"; do
  tests=(test_pipeline)
  arguments=()
  if [[ $sanitizer == asan-ubsan ]]; then tests+=(test_core test_io); fi
  if [[ $sanitizer == tsan ]]; then arguments+=("--gtest_repeat=$repeat" --gtest_shuffle); fi
  cmake --preset "$sanitizer" "${configure[@]}" >/dev/null
  cmake --build "build-$sanitizer" --target "${tests[@]}"
  for test in "${tests[@]}"; do
    echo "== $sanitizer: $test"
    "build-$sanitizer/$test" --gtest_brief=1 "${arguments[@]}"
  done
done
echo "clean: ${sanitizers[*]}"

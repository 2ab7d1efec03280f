#!/usr/bin/env bash
# Fuzzes hdrtile: builds the targets of tests/fuzz with libFuzzer and runs each.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: scripts/fuzz.sh [--seconds N] [TARGET...]

Runs the fuzz targets (decode metadata model options plan), two at a time, under address, undefined-behaviour and leak
sanitizers, and prints what each has done. Needs scripts/setup.sh to have run; clang is installed with apt where it may be.

  --seconds N   for each target, default 1800
  -h, --help    this text

What the targets have learned is kept in build-fuzz/corpus, and the next run goes on from there. Ends with 1 on a finding,
which it names with the command that shows it again.
EOF
}

seconds=1800
targets=()
while (($#)); do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
((${#targets[@]})) || targets=(decode metadata model options plan)
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
die() { printf 'fuzz.sh: %s\n' "$*" >&2; exit 1; }
for target in "${targets[@]}"; do
  [[ -f tests/fuzz/$target.cpp ]] || die "there is no target $target"
done

# --- clang with its runtimes ---------------------------------------------------------------------------------------------
has_libfuzzer() {
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' \
    | clang++ -x c++ -fsanitize=fuzzer,address,undefined - -o /dev/null 2>/dev/null
}
if ! has_libfuzzer && command -v apt-get >/dev/null; then
  as_root=()
  if ((EUID != 0)); then as_root=(sudo); fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends clang \
    "$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\).*/libclang-rt-\1-dev/p' | head -n 1)"
fi
has_libfuzzer || die "clang++ with libFuzzer is missing: install clang and its libclang-rt package"

# --- targets and seeds ---------------------------------------------------------------------------------------------------
configure=()
if command -v ccache >/dev/null; then configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset fuzz "${configure[@]}" >build-fuzz.log 2>&1 || { cat build-fuzz.log; die "it cannot be configured"; }
mv build-fuzz.log build-fuzz/configure.log
cmake --build build-fuzz --target fuzz_corpus "${targets[@]/#/fuzz_}"

# x265 keeps its tables to the end of the process. What hdrtile allocates is never suppressed.
export LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/leaks.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
build-fuzz/fuzz_corpus tests/samples build-fuzz/seeds

# --- run -----------------------------------------------------------------------------------------------------------------
# Photos of the targets have at most a quarter of a megapixel, and a megabyte of metadata: who asks for 256 MB at once has
# believed a number in a file before checking it.
limits=(-max_total_time="$seconds" -timeout=25 -rss_limit_mb=2560 -malloc_limit_mb=256 -max_len=65536 -print_final_stats=1
  -close_fd_mask=3)  # libjxl prints about each damaged file

fuzz() {
  local target=$1 corpus=build-fuzz/corpus/$1 dictionary=tests/fuzz/$1.dict
  local arguments=("${limits[@]}" -artifact_prefix="build-fuzz/findings/$target-")
  mkdir -p "$corpus" build-fuzz/findings
  if [[ -f $dictionary ]]; then arguments+=(-dict="$dictionary"); fi
  "build-fuzz/fuzz_$target" "${arguments[@]}" "$corpus" "build-fuzz/seeds/$target" $(regressions "$target") \
    >"build-fuzz/$target.log" 2>&1
}
regressions() { if [[ -d tests/fuzz/regressions/$1 ]]; then echo "tests/fuzz/regressions/$1"; fi; }

failed=()
row() { printf '%-10s %14s %8s %8s %8s  %s\n' "$@"; }
number_of() { sed -n "s/^$2:* *//p" "$1" | tail -n 1; }
tell() {
  local log=build-fuzz/$1.log coverage finding=clean
  coverage=$(grep -aoE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)
  if ! grep -aq '^Done ' "$log"; then
    finding=$(grep -aoE 'build-fuzz/findings/[^ ]+' "$log" | tail -n 1 || true)
    finding="FOUND ${finding:-see $log}"
    failed+=("$1 $finding")
  fi
  set -- "$1" "$(number_of "$log" 'stat::number_of_executed_units')" $coverage
  row "$1" "${2:-?}" "${4:-?}" "${6:-?}" "$(ls "build-fuzz/corpus/$1" | wc -l)" "$finding"
}

for ((i = 0; i < ${#targets[@]}; i += 2)); do
  for target in "${targets[@]:i:2}"; do fuzz "$target" & done
  wait
done
row target executions edges features inputs
for target in "${targets[@]}"; do tell "$target"; done
((${#failed[@]} == 0)) && exit
for finding in "${failed[@]}"; do
  read -r target _ input <<<"$finding"
  printf '\n%s: build-fuzz/%s.log; again with: build-fuzz/fuzz_%s -malloc_limit_mb=256 %s\n' "$target" "$target" "$target" "$input"
done
exit 1

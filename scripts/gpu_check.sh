#!/usr/bin/env bash
# Checks hdrtile on a machine with a GPU that has PyTorch, a CUDA toolkit, CMake, Ninja and a compiler, and nothing else: no
# OpenCV, no network. In one go: builds core, infer and the kernels with LibTorch alone, runs their tests, then those of the
# GPU under compute-sanitizer, measures (scripts/gpu/figures.py) and profiles. A step that fails is told, and the others go on.
#
#   scripts/gpu_check.sh --pack           where scripts/setup.sh has run: puts what such a machine lacks into build-gpu/packed
#   scripts/gpu_check.sh [--device cpu]   there, with that folder beside the sources
#
# Writes build-gpu/check/report.json: what became of each step, and all figures; the logs lie beside it. The exit code is 1
# when a step failed. --device cpu goes the same way on any machine, with small photos, so that the way itself can be tried;
# its figures mean nothing. PYTHON names the interpreter that has torch; --skip STEP leaves one out (may be repeated).
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
packed=build-gpu/packed
build=build-gpu/hdrtile
check=build-gpu/check
device=cuda
skipped=" "
python=${PYTHON:-python3}

die() { printf 'gpu_check.sh: %s\n' "$*" >&2; exit 2; }

pack() {
  rm -rf "$packed"
  mkdir -p "$packed/include"
  cp -r /usr/include/nlohmann "$packed/include/" && cp -r /usr/src/googletest "$packed/" \
    || die "nlohmann-json3-dev and libgtest-dev are not here: run scripts/setup.sh first"
  du -sh "$packed"
  exit
}

while (($#)); do
  case $1 in
    --pack) pack ;;
    --device) device=${2:?--device needs cuda or cpu}; shift 2 ;;
    --skip) skipped+="${2:?--skip needs the name of a step} "; shift 2 ;;
    -h | --help) sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
    *) die "'$1' is not understood; --help says what is" ;;
  esac
done
[[ $device == cuda || $device == cpu ]] || die "--device is cuda or cpu"
torch=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)') \
  || die "$python has no torch; set PYTHON to one that has"

rm -rf "$check"
mkdir -p "$check"
steps=()  # "name exit-code seconds"

# step NAME COMMAND...: its output goes into a log, its last lines to the screen where it fails.
step() {
  local name=$1 code start=$SECONDS
  shift
  [[ $skipped == *" $name "* ]] && return
  printf '== %s\n' "$name"
  "$@" >"$check/$name.log" 2>&1
  code=$?
  steps+=("$name $code $((SECONDS - start))")
  ((code == 0)) && return
  printf '   FAILED with exit code %d; the end of %s:\n' "$code" "$check/$name.log"
  tail -n 12 "$check/$name.log" | sed 's/^/   | /'
}

googletest() {
  [[ -d $packed/googletest ]] || { echo "nothing is packed: GoogleTest is taken from the system"; return 0; }
  cmake -G Ninja -S "$packed/googletest" -B build-gpu/googletest -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$PWD/build-gpu/installed" && cmake --build build-gpu/googletest --target install
}

# The architecture of this GPU alone, unless the environment names others.
architectures() {
  [[ -n ${TORCH_CUDA_ARCH_LIST:-} || $device == cpu ]] && return
  local found
  found=$("$python" -c 'import torch; print("%d.%d" % torch.cuda.get_device_capability(0))') && export TORCH_CUDA_ARCH_LIST=$found
}

configure() {
  local launcher=()
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DHDRTILE_INFER_ONLY=ON "${launcher[@]}" \
    -DCMAKE_PREFIX_PATH="$torch;$PWD/build-gpu/installed" -DCMAKE_INCLUDE_PATH="$PWD/$packed/include"
}

# Tests of the GPU and no others: a sanitizer makes them ten to a hundred times slower.
sanitize() {
  compute-sanitizer --tool "$1" --error-exitcode 1 "$build/test_infer" --gtest_filter="$2"
}

profile() {
  nsys profile --force-overwrite true --output "$check/nsys" "$build/photos_per_second" models/small.pt \
    "$check/photo.rgb" 3296 2192 --photos 10
}

write_report() {
  "$python" - "$check" "$device" "${steps[@]}" <<'PYTHON'
import json
import sys
from pathlib import Path

folder, device, *steps = sys.argv[1:]
names = ('name', 'exit_code', 'seconds')
steps = [dict(zip(names, (word if i == 0 else int(word) for i, word in enumerate(step.split())))) for step in steps]
figures = Path(folder, 'figures.json')
report = {'device': device, 'steps': steps, 'figures': json.loads(figures.read_text()) if figures.exists() else None}
Path(folder, 'report.json').write_text(json.dumps(report, indent=1) + '\n')
failed = [step['name'] for step in steps if step['exit_code']]
print(f'{folder}/report.json: {len(steps)} steps' + (', FAILED: ' + ', '.join(failed) if failed else ', none failed'))
sys.exit(bool(failed))
PYTHON
}

architectures
step googletest googletest
step configure configure
step build cmake --build "$build" -- -k 0
step tests ctest --test-dir "$build" --output-on-failure --no-tests=error
if [[ $device == cuda ]]; then
  step memcheck sanitize memcheck 'Devices/*cuda*:*OnAGpu*'
  step racecheck sanitize racecheck '*OnAGpu*'  # races in shared memory: our own kernel's
  step figures "$python" -B scripts/gpu/figures.py "$build/photos_per_second" --folder "$check" --out "$check/figures.json"
  if command -v nsys >/dev/null; then step profile profile; fi
else
  step figures "$python" -B scripts/gpu/figures.py "$build/photos_per_second" --folder "$check" --out "$check/figures.json" \
    --device cpu --size 320 240 --photos 2 --networks small
fi
write_report

#!/usr/bin/env bash
# Builds core and infer alone and runs their tests: for a machine with a GPU that has PyTorch, a CUDA toolkit, CMake and a
# compiler, and nothing else. Two steps:
#
#   scripts/gpu_test.sh --pack    where scripts/setup.sh has run: puts what such a machine lacks into build-gpu/packed
#   scripts/gpu_test.sh           there, with that folder beside the sources. Arguments go to ctest.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
packed=build-gpu/packed

if [[ ${1:-} == --pack ]]; then
  rm -rf "$packed"
  mkdir -p "$packed/include"
  cp -r /usr/include/nlohmann "$packed/include/"
  cp -r /usr/src/googletest "$packed/"
  du -sh "$packed"
  exit
fi

python=${PYTHON:-python3}
torch=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)') \
  || { echo "gpu_test.sh: $python has no torch; set PYTHON to one that has" >&2; exit 1; }
prefix=$torch
if [[ -d $packed ]]; then
  cmake -G Ninja -S "$packed/googletest" -B build-gpu/googletest -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$PWD/build-gpu/installed" >/dev/null
  cmake --build build-gpu/googletest --target install >/dev/null
  prefix+=";$PWD/build-gpu/installed"
fi
cmake -G Ninja -S . -B build-gpu/hdrtile -DCMAKE_BUILD_TYPE=Release -DHDRTILE_INFER_ONLY=ON \
  -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_INCLUDE_PATH="$PWD/$packed/include"
cmake --build build-gpu/hdrtile
exec ctest --test-dir build-gpu/hdrtile --output-on-failure "$@"

#!/usr/bin/env bash
# Builds hdrtile if need be and enhances the sample photos with the default model.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --no-tests
out=build/demo
mkdir -p "$out"
photos=(tests/samples/*.jpg)
printf '\n== Enhancing %d photos\n' "${#photos[@]}"
build/hdrtile enhance "${photos[@]}" -o "$out/" --on-exist overwrite

printf '\nBefore and after:\n'
for photo in "${photos[@]}"; do
  name=$(basename "$photo" .jpg)
  printf '  %s\n  %s\n' "$photo" "$(ls "$out/$name"*)"
done

#!/usr/bin/env bash
# Builds hdrtile if need be and runs every test. Arguments go to ctest: scripts/test.sh -R cli
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --no-compile
exec ctest --test-dir build --output-on-failure --parallel "$(nproc)" "$@"

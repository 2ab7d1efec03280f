#!/usr/bin/env bash
# One run over thousands of photos, some of them bad: memory and file handles stay flat, and the report is right to the last
# photo. An hour or more; scripts/soak.sh --small 200 --large 4 is a short one. --help tells the rest.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

scripts/setup.sh >&2
exec .venv/bin/python -B tests/soak/soak.py "$@"

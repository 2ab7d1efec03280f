#!/usr/bin/env bash
# Injects faults into build/hdrtile at full length (scripts/test.sh does a sample of them) and prints what came of it.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/faults.sh [--kills N] [--refusals N]

  --kills N      runs killed at random moments (default 200)
  --refusals N   allocations refused in a run, for each format (default 1000: every one of 64 KiB and more)

Tests that need what this machine does not give (mounts, FUSE, quotas, cgroups) are skipped, and named.
TEXT
}

kills=200
refusals=1000
while (($#)); do
  case $1 in
    --kills) kills=${2:?--kills needs a number}; shift 2 ;;
    --refusals) refusals=${2:?--refusals needs a number}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../tests/cli"
[[ -x ../../build/hdrtile ]] || { echo "faults.sh: build/hdrtile is missing: run scripts/setup.sh first" >&2; exit 1; }

export HDRTILE_KILLS=$kills HDRTILE_REFUSALS=$refusals
topics=(kill disks names two_runs signals interrupt memory_faults bad_models faults files)
declare -A outcome
failed=0
for topic in "${topics[@]}"; do
  printf '\n== %s\n' "$topic"
  log=$(mktemp)
  ../../.venv/bin/python -B -m pytest -q -s -rs "test_$topic.py" 2>&1 | tee "$log" || failed=1
  outcome[$topic]=$(tail -n 1 "$log")
  rm -f "$log"
done

printf '\n%-16s %s\n' topic 'tests (each checks that no byte of an input or of a finished photo is lost)'
for topic in "${topics[@]}"; do printf '%-16s %s\n' "$topic" "${outcome[$topic]}"; done
exit $failed

#!/bin/bash
#SBATCH --job-name=hdrtile
#SBATCH --array=1-4
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#
# Enhances a list of photos in as many shards as the array has tasks:
#
#   sbatch --array=1-200 --cpus-per-task=8 docs/scale/slurm.sh LIST REPORTS [FLAGS OF hdrtile enhance]
#
# LIST names the photos, one a line; all tasks must see the same list and the same photos. REPORTS is a folder: each attempt
# of a task leaves REPORTS/shard-I.ATTEMPT.json there; hdrtile report merge REPORTS/*.json tells when all is done. A task that
# lost its node, or was killed, is requeued, and skips what was done before. The flag --on-exist must stay skip or update.
# HDRTILE names the program (default: hdrtile).
set -euo pipefail
list=${1:?usage: sbatch slurm.sh LIST REPORTS [FLAGS]}
reports=${2:?usage: sbatch slurm.sh LIST REPORTS [FLAGS]}
report=$reports/shard-$SLURM_ARRAY_TASK_ID.${SLURM_RESTART_COUNT:-0}.json

code=0
srun --ntasks=1 "${HDRTILE:-hdrtile}" enhance "@$list" --shard auto --report "$report" --progress none "${@:3}" || code=$?
# 1: some photos failed, and would fail again; the report names them. 2, 3: the command, the model or the device: no task
# would do better. Anything else: killed, or the node went: once more, a few times.
if ((code > 3 && ${SLURM_RESTART_COUNT:-0} < 3)); then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"

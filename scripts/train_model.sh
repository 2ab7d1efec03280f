#!/usr/bin/env bash
# Trains a size of the model from scratch, from HDR sources to a model file:
#
#   scripts/train_model.sh --size small|base|draft --data FOLDER... --out RUN [--device cpu|cuda] [--resume]
#
# FOLDER is what scripts/pack_data.py packed or scripts/prepare_data.py prepared, or holds panoramas and rooms (EXR; several
# folders may be given): these are prepared on a CPU (into RUN/prepared), and packed for a GPU (RUN/packed), which makes the
# views itself. Then come the tone stage, the gate, the tile stage (`draft` has none), and the export to RUN/SIZE.pt. A run that was cut
# off goes on with --resume: each stage from its last checkpoint, steps and learning rate as if nothing had happened.
#
#   --minutes N                       training takes N minutes in all (resumes included), whatever the steps: the rate comes down in time
#   --tone-steps N, --gate-steps N, --tile-steps N    of each stage
#   --judge PANORAMAS                 folder whose held-out series judge the result, where build/hdrtile is built
#   --threads N                       of a CPU, default all
#   -- ...                            the rest goes to scripts/train.py: -- --batch 32 --compile
#
# On a GPU machine that has PyTorch and NumPy alone, and that is lent for half an hour:
#
#   scripts/train_model.sh --pack packed PANORAMAS ROOMS      before, where scripts/requirements-train.txt is installed: 20 MB at most
#   scripts/train_model.sh --size small --data packed --out run --device cuda --minutes 24
#   scripts/train_model.sh --size small --data packed --out run --device cuda --minutes 48 --resume      on the next loan
#
# with `packed` beside the repository's files there; `run` is what comes back. Each line of training says how long a step
# takes, how much of it is making data, and how busy the GPU is.
set -euo pipefail

die() { echo "train_model.sh: $*" >&2; exit 1; }
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
[[ -x $python ]] || python=$(command -v python3) || die "no Python: set PYTHON to one that has torch"

size='' out='' device=cpu resume='' minutes='' tone_steps='' gate_steps='' tile_steps='' judge='' threads=$(nproc)
data=() more=()
while (($#)); do
  case $1 in
    -h|--help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit ;;
    --pack) (($# > 2)) || die "--pack wants a folder to write and one or more to read"
            exec "$python" "$root/scripts/pack_data.py" --out "$2" --data "${@:3}" ;;
    --resume) resume=--resume; shift ;;
    --data) shift; while (($#)) && [[ $1 != -* ]]; do data+=("$1"); shift; done ;;
    --) more=("${@:2}"); break ;;
    --size|--out|--device|--minutes|--tone-steps|--gate-steps|--tile-steps|--judge|--threads)
      (($# > 1)) || die "$1 wants a value"
      name=${1#--}; printf -v "${name//-/_}" %s "$2"; shift 2 ;;
    *) die "unknown argument $1; --help tells" ;;
  esac
done
[[ $size =~ ^(small|base|draft)$ ]] || die "--size small, base or draft"
[[ $device =~ ^(cpu|cuda)$ ]] || die "--device cpu or cuda"
[[ ${#data[@]} -gt 0 && -n $out ]] || die "--data FOLDER and --out RUN are needed; --help tells"
for folder in "${data[@]}"; do [[ -d $folder ]] || die "$folder: no such folder"; done
[[ -z $judge || -x $root/build/hdrtile ]] || die "--judge wants build/hdrtile: scripts/setup.sh builds it"
[[ -n $resume || ! -e $out/tone.ckpt ]] || die "$out holds a run: --resume goes on with it, another --out starts anew"
mkdir -p "$out"

# --- data --------------------------------------------------------------------------------------------------------------
holds() { compgen -G "$1/$2" >/dev/null; }
if ((${#data[@]} > 1)) || ! { holds "${data[0]}" '*.npz' || holds "${data[0]}" '*.npz.xz'; }; then
  if [[ $device == cuda ]]; then
    "$python" "$root/scripts/pack_data.py" --data "${data[@]}" --out "$out/packed"
    data=("$out/packed")
  else
    for folder in "${data[@]}"; do
      "$python" "$root/scripts/prepare_data.py" --data "$folder" --out "$out/prepared" --workers "$threads"
      "$python" "$root/scripts/prepare_data.py" --data "$folder" --out "$out/prepared" --workers "$threads" --relight --photos 0 --views 40
    done
    data=("$out/prepared")
  fi
fi

# --- stages ------------------------------------------------------------------------------------------------------------
# A GPU takes large batches, and photos that are made for one step give it many crops.
gate=(--batch 8 --lr 1e-2 --steps "${gate_steps:-20000}")     # as many photos are painted for it
if [[ $device == cuda ]]; then
  tone=(--batch 64 --steps "${tone_steps:-12000}")
  tile=(--batch 128 --crops-per-photo 16 --steps "${tile_steps:-12000}")
  [[ $size != base ]] || tile=(--batch 32 --crops-per-photo 16 --lr 3e-4 --steps "${tile_steps:-40000}")
  common=(--bf16)
else
  tone=(--batch 8 --steps "${tone_steps:-5000}")
  tile=(--batch 16 --steps "${tile_steps:-5400}")
  common=(--threads "$threads")
  ! grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo || common+=(--bf16)
fi
share() { [[ -z $minutes ]] || awk "BEGIN {print \"--minutes\", $minutes * $1}"; }
stage() {   # NAME SHARE OPTIONS...
  # shellcheck disable=SC2046  # two words or none
  "$python" "$root/scripts/train.py" "$1" --size "$size" --data "${data[0]}" --out "$out" --device "$device" $resume \
    $(share "$2") "${common[@]}" "${@:3}" "${more[@]}"
}
if [[ $size == draft ]]; then
  stage tone .9 "${tone[@]}"
  stage gate .1 "${gate[@]}"
else
  stage tone .4 "${tone[@]}"
  stage gate .08 "${gate[@]}"
  stage tile .52 "${tile[@]}"
fi

# --- the model file ----------------------------------------------------------------------------------------------------
file=$out/$size.pt
export=()
[[ $size != draft ]] || export+=(--zero-trunk)
[[ $size != base ]] || export+=(--fp16)
"$python" "$root/scripts/export_model.py" --run "$out" --out "$file" --name "$size" --device "$device" "${export[@]}"
if [[ -n $judge ]]; then
  "$python" "$root/scripts/evaluate.py" --data "$judge" --binary "$root/build/hdrtile" --model "$(realpath "$file")" --out "$out/judged"
fi

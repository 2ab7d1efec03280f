#!/usr/bin/env bash
# Makes a fresh clone into build/hdrtile. Can be run again at any time: what is there already is left alone.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: scripts/setup.sh [--torch DIR] [--no-tests] [--no-compile]

Installs what hdrtile is built from and builds build/hdrtile.

  --torch DIR   build against this LibTorch >= 2.8 (CUDA or CPU; the folder that holds share/cmake/Torch) in place of the
                one from the torch wheel. No .venv is made then: the tests written in Python are left out, and no model is
                compiled.
  --no-tests    build the program alone
  --no-compile  do not compile the default model for this machine. hdrtile runs the package where its own, faster kernels
                do not run: on CPUs without AVX2, and with --engine compiled
  -h, --help    this text

Made for Debian 12, Debian 13 and Ubuntu 24.04 on x86-64; tried on Debian 12 and 13. On other systems it says which packages it would
have installed and goes on. It writes to the project folder (.venv, build), the cache of compiled
models (HDRTILE_CACHE, XDG_CACHE_HOME/hdrtile or ~/.cache/hdrtile) and, with apt, installs system packages; that step
asks for sudo when not run as root and when something is missing. PYTHON names the interpreter for .venv (default: python3).
EOF
}

torch_dir=""
tests=ON
compile=ON
while (($#)); do
  case $1 in
    --torch) torch_dir=${2:?--torch needs a folder}; shift 2 ;;
    --torch=*) torch_dir=${1#--torch=}; shift ;;
    --no-tests) tests=OFF; shift ;;
    --no-compile) compile=OFF; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
[[ -z $torch_dir ]] || { torch_dir=$(realpath -e -- "$torch_dir"); compile=OFF; }
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

step=start
begin() { step=$1; printf '\n== %s (%d s)\n' "$step" "$SECONDS"; }
die() { printf 'setup.sh: %s\n' "$*" >&2; exit 1; }
report_failure() {
  (($1 == 0)) || printf '\nsetup.sh: failed at "%s". The lines above say why; run again, it goes on from here.\n' "$step" >&2
}
trap 'report_failure $?' EXIT

# --- system packages ---------------------------------------------------------------------------------------------------
packages=(build-essential cmake ninja-build git ca-certificates python3 python3-venv libopencv-dev libcli11-dev libspdlog-dev
  libexiv2-dev liblcms2-dev libjpeg-dev libpng-dev libtiff-dev libwebp-dev libheif-dev libjxl-dev libraw-dev
  zlib1g-dev libssl-dev nlohmann-json3-dev)
[[ $tests == OFF ]] || packages+=(libgtest-dev libgmock-dev libbenchmark-dev exiv2 libimage-exiftool-perl slurm-wlm munge parallel
  fuse3 libfuse3-dev pkg-config)

install_missing() {
  local missing=() name as_root=()
  for name in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  if ((${#missing[@]} == 0)); then
    echo "all of these are there: $*"
    return
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "missing, and neither root nor sudo to install them: ${missing[*]}"
      return
    fi
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

begin "System packages"
if command -v apt-get >/dev/null; then
  install_missing "${packages[@]}"
  # Newer systems have libheif's coders in packages of their own.
  mapfile -t plugins < <(apt-cache --names-only search '^libheif-plugin-(aomenc|dav1d|libde265|x265)$' | cut -d' ' -f1)
  ((${#plugins[@]} == 0)) || install_missing "${plugins[@]}"
else
  echo "no apt here: make sure that these are there, by the names your system has for them: ${packages[*]}"
fi
for tool in cmake ninja c++; do
  command -v $tool >/dev/null || die "$tool is missing: install it, then run setup.sh again"
done

# --- LibTorch ----------------------------------------------------------------------------------------------------------
requirements=scripts/requirements.txt
venv_done=.venv/hdrtile-requirements.txt  # a copy, made when all of it was installed

make_venv() {
  local python=${PYTHON:-python3}
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
    || die "$python is missing or older than 3.10, which torch 2.11.0 needs: set PYTHON to a newer one"
  [[ -x .venv/bin/python ]] || "$python" -m venv .venv
  if cmp -s "$requirements" "$venv_done"; then
    echo ".venv has all of $requirements"
  else
    echo "installing $requirements into .venv (torch with CUDA: about 4.6 GB)"
    .venv/bin/python -m pip install --disable-pip-version-check --no-input -q --progress-bar off -r "$requirements"
    cp "$requirements" "$venv_done"
  fi
  torch_dir=$(.venv/bin/python -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
}

# CMake's files of a CUDA LibTorch want a CUDA toolkit of the same major version, though no device code is compiled here.
# Where the system has none, NVIDIA's wheels are one, once some links are made. src/infer/local_torch.cmake finds it.
make_cuda_toolkit() {
  local nvcc cu13 name versioned
  for nvcc in "${CUDACXX:-}" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
    if [[ -x $nvcc ]] && "$nvcc" --version | grep -q 'release 13\.'; then
      echo "CUDA toolkit: $nvcc"
      return
    fi
  done
  cu13=$(dirname "$torch_dir")/nvidia/cu13
  if [[ ! -x $cu13/bin/nvcc ]]; then
    echo "no CUDA 13 toolkit on this system: installing NVIDIA's wheels into .venv"
    .venv/bin/python -m pip install --disable-pip-version-check --no-input -q --progress-bar off \
      'cuda-toolkit[nvcc,cudart,cccl]==13.0.2' nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88
  fi
  ln -sfn lib "$cu13/lib64"
  for name in cudart nvrtc cublas cublasLt cufft cusparse cusolver curand cupti; do
    versioned=("$cu13/lib/lib$name".so.[0-9]*)
    ln -sf "$(basename "${versioned[0]}")" "$cu13/lib/lib$name.so"
  done
  echo "CUDA toolkit: $cu13"
}

begin "LibTorch"
configure=()
if [[ -n $torch_dir ]]; then
  [[ -f $torch_dir/share/cmake/Torch/TorchConfig.cmake ]] || die "$torch_dir is no LibTorch: it has no share/cmake/Torch"
  configure+=("-DCMAKE_PREFIX_PATH=$torch_dir")
  if [[ -e $torch_dir/lib/libtorch_cuda.so ]] && [[ -z ${CUDACXX:-} ]] && ! command -v nvcc >/dev/null \
    && [[ ! -x /usr/local/cuda/bin/nvcc ]]; then
    die "$torch_dir is a CUDA build, which needs a CUDA toolkit to link against, and none is found: set CUDACXX to its nvcc"
  fi
else
  make_venv
  make_cuda_toolkit
fi
echo "LibTorch: $torch_dir"

# --- build -------------------------------------------------------------------------------------------------------------
begin "Configure"
if command -v ccache >/dev/null; then configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset release -DHDRTILE_BUILD_TESTS=$tests "${configure[@]}"

begin "Build"
cmake --build build

if [[ $compile == ON ]]; then
  begin "Compile the default model for this machine"
  if ! .venv/bin/python scripts/compile_model.py 2>build/compile_model.log; then
    tail -n 3 build/compile_model.log
    echo "it could not be compiled (build/compile_model.log says more): hdrtile goes without, through its own kernels on CPUs"
    echo "with AVX2, else through TorchScript"
  fi
fi

begin "Ready"
echo "build/hdrtile enhance *.jpg"

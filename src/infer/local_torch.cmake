# The LibTorch (and, where the system has no CUDA toolkit, the toolkit) that scripts/setup.sh put into .venv: so presets
# and plain cmake calls find it without arguments. What the user names (CMAKE_PREFIX_PATH, Torch_DIR, CUDACXX) comes first.
file(GLOB local_torch ${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages/torch/share/cmake)
if(local_torch AND NOT Torch_DIR)
  list(APPEND CMAKE_PREFIX_PATH ${local_torch})
endif()

file(GLOB local_cuda ${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages/nvidia/cu13/bin/nvcc)
if(local_cuda AND NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  cmake_path(GET local_cuda PARENT_PATH local_cuda_root)
  cmake_path(GET local_cuda_root PARENT_PATH local_cuda_root)
  set(CMAKE_CUDA_COMPILER ${local_cuda} CACHE FILEPATH "nvcc of .venv")
  set(CUDAToolkit_ROOT ${local_cuda_root} CACHE PATH "CUDA toolkit of .venv")
  set(CUDA_TOOLKIT_ROOT_DIR ${local_cuda_root} CACHE PATH "CUDA toolkit of .venv")
elseif(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(CMAKE_CUDA_COMPILER nvcc PATHS /usr/local/cuda/bin)  # where NVIDIA's installer puts it, off the PATH
endif()

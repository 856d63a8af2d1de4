# Every library we stand on, found and version-checked. ./setup.sh installs what is missing.
#
# The Python wheels of LibTorch, MuJoCo and dm_control lie in DREAMER_PYTHON, a virtual environment
# that setup.sh makes; a LibTorch or MuJoCo found through CMAKE_PREFIX_PATH comes first.
set(DREAMER_PYTHON ${PROJECT_SOURCE_DIR}/.deps/venv CACHE PATH
    "Virtual environment with the torch, mujoco and dm-control wheels")
file(GLOB DREAMER_WHEELS ${DREAMER_PYTHON}/lib/python3*/site-packages)

set(DREAMER_SETUP_HINT "run ./setup.sh, or name its folder in CMAKE_PREFIX_PATH")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)  # without it at::parallel_for is a plain loop
find_package(fmt 9 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(PNG 1.6 REQUIRED)
find_package(HDF5 1.10.7 REQUIRED COMPONENTS C)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate>=1.8)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip>=1.7)
find_package(Protobuf 3.21 REQUIRED)  # which libonnx stands on
find_package(ONNX 1.12 REQUIRED)
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat>=59 libavcodec>=59 libavutil>=57
                  libswscale>=6)

# --- OpenGL: headers only, the libraries are opened at run time (lib/env/gl_context.cpp) ---------
foreach(header EGL/egl.h GL/osmesa.h)
  find_path(${header}_DIR ${header})
  if(NOT ${header}_DIR)
    message(FATAL_ERROR "${header} not found: ${DREAMER_SETUP_HINT}")
  endif()
endforeach()

# --- MuJoCo: an installed release, or the wheel --------------------------------------------------
find_path(MUJOCO_INCLUDE_DIR mujoco/mujoco.h PATHS ${DREAMER_WHEELS}/mujoco/include)
find_library(MUJOCO_LIBRARY NAMES mujoco libmujoco.so.3.14.0 PATHS ${DREAMER_WHEELS}/mujoco)
if(NOT MUJOCO_INCLUDE_DIR OR NOT MUJOCO_LIBRARY)
  message(FATAL_ERROR "MuJoCo 3.14 not found: ${DREAMER_SETUP_HINT}")
endif()
file(STRINGS ${MUJOCO_INCLUDE_DIR}/mujoco/mujoco.h mujoco_version REGEX "define mjVERSION_HEADER")
string(REGEX MATCH "[0-9]+$" mujoco_version "${mujoco_version}")
if(NOT mujoco_version MATCHES "^(314|30140+|3014000)$")
  message(FATAL_ERROR "MuJoCo 3.14 is needed (physics are compared to the last bit), "
                      "${MUJOCO_INCLUDE_DIR} has mjVERSION_HEADER ${mujoco_version}: ${DREAMER_SETUP_HINT}")
endif()
add_library(mujoco::mujoco UNKNOWN IMPORTED)
set_target_properties(mujoco::mujoco PROPERTIES
  IMPORTED_LOCATION ${MUJOCO_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${MUJOCO_INCLUDE_DIR})

# --- The MJCF models of the tasks: dm_control's own files ----------------------------------------
find_path(DM_CONTROL_SUITE cartpole.xml
          PATHS ${DREAMER_WHEELS}/dm_control/suite ${PROJECT_SOURCE_DIR}/.deps/dm_control/suite
          NO_DEFAULT_PATH)
if(NOT DM_CONTROL_SUITE)
  message(FATAL_ERROR "dm_control's MJCF models not found: ${DREAMER_SETUP_HINT}")
endif()

# --- Arrow C++: an installed release, or the wheel -----------------------------------------------
find_path(ARROW_INCLUDE_DIR arrow/api.h PATHS ${DREAMER_WHEELS}/pyarrow/include)
find_library(ARROW_LIBRARY NAMES arrow libarrow.so.2600 PATHS ${DREAMER_WHEELS}/pyarrow)
find_library(PARQUET_LIBRARY NAMES parquet libparquet.so.2600 PATHS ${DREAMER_WHEELS}/pyarrow)
if(NOT ARROW_INCLUDE_DIR OR NOT ARROW_LIBRARY OR NOT PARQUET_LIBRARY)
  message(FATAL_ERROR "Arrow C++ (libarrow, libparquet) not found: ${DREAMER_SETUP_HINT}")
endif()

# --- LibTorch: CMAKE_PREFIX_PATH, or the wheel ---------------------------------------------------
set(CMAKE_MESSAGE_LOG_LEVEL ERROR)  # it warns of parts that its own CPU build leaves out
find_package(Torch QUIET HINTS ${DREAMER_WHEELS}/torch/share/cmake)
unset(CMAKE_MESSAGE_LOG_LEVEL)
if(NOT Torch_FOUND)
  message(FATAL_ERROR "LibTorch not found (or a CUDA build of it without the CUDA toolkit; then "
                      "install the CPU build): ${DREAMER_SETUP_HINT}")
endif()
if(Torch_VERSION VERSION_LESS 2.7)
  message(FATAL_ERROR "LibTorch ${Torch_VERSION} is too old, 2.7 or newer is needed: ${DREAMER_SETUP_HINT}")
endif()
if(TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  message(FATAL_ERROR "this LibTorch has the old C++ ABI; take a build with the C++11 ABI")
endif()
# LibTorch carries headers of another fmt: its folders are searched last, with -idirafter.
add_library(dreamer_torch INTERFACE)
foreach(dir ${TORCH_INCLUDE_DIRS})
  target_compile_options(dreamer_torch INTERFACE "SHELL:-idirafter ${dir}")
endforeach()
# With sanitizers GCC sees uninitialized members in LibTorch's headers where there are none.
target_compile_options(dreamer_torch INTERFACE -Wno-maybe-uninitialized)
get_filename_component(TORCH_LIB_DIR ${TORCH_LIBRARY} DIRECTORY)
target_link_libraries(dreamer_torch INTERFACE ${TORCH_LIB_DIR}/libtorch_cpu.so
                                              ${TORCH_LIB_DIR}/libc10.so)

# No symbol of ours lies in libtorch.so, which alone needs libtorch_cuda.so: a linker that keeps what
# is needed only (--as-needed, as CMake's flags, distributions and users set it) would leave LibTorch
# without its GPU, and nobody would notice. tests/linking_test.py holds this.
set(DREAMER_TORCH_KEPT -Wl,--push-state,--no-as-needed ${TORCH_LIB_DIR}/libtorch.so)
if(EXISTS ${TORCH_LIB_DIR}/libtorch_cuda.so)
  list(APPEND DREAMER_TORCH_KEPT ${TORCH_LIB_DIR}/libtorch_cuda.so)
endif()
list(APPEND DREAMER_TORCH_KEPT -Wl,--pop-state)
string(REPLACE ";" " " DREAMER_TORCH_KEPT "${DREAMER_TORCH_KEPT}")

# --- OpenMP: the runtime that LibTorch itself uses -----------------------------------------------
# Wheels bring one of their own, under a name of its own where they are built for CUDA. A second one
# beside it would have threads of its own, which at::set_num_threads does not reach.
execute_process(COMMAND ${CMAKE_READELF} -d ${TORCH_LIB_DIR}/libtorch_cpu.so
                OUTPUT_VARIABLE needed ERROR_QUIET)
add_library(dreamer_openmp INTERFACE)
if(needed MATCHES "\\[(lib(gomp|iomp5|omp)[^]]*)\\]")
  find_file(DREAMER_OPENMP_RUNTIME ${CMAKE_MATCH_1} NO_CACHE NO_DEFAULT_PATH
            PATHS ${TORCH_LIB_DIR} ${TORCH_LIB_DIR}/../../torch.libs)
endif()
if(DREAMER_OPENMP_RUNTIME)
  target_compile_options(dreamer_openmp INTERFACE ${OpenMP_CXX_FLAGS})
  target_link_libraries(dreamer_openmp INTERFACE ${DREAMER_OPENMP_RUNTIME})
  get_filename_component(DREAMER_OPENMP_DIR ${DREAMER_OPENMP_RUNTIME} DIRECTORY)
else()  # the system's
  target_link_libraries(dreamer_openmp INTERFACE OpenMP::OpenMP_CXX)
endif()

# promfill_module(chunk AFTER encoding file model [LINK fmt::fmt ...])
#
# One module of src/: every x.cc of the calling folder becomes part of the library promfill_<name>, every x_test.cc part
# of its test program. AFTER names the modules it includes; tests/layering_test.py holds that against the #include lines.
add_library(promfill_flags INTERFACE)
target_compile_features(promfill_flags INTERFACE cxx_std_20)
# -ffp-contract=off: the chunk-cut rule is double arithmetic that must round as Go's does (docs/format/chunks.md).
# -Wno-deprecated-declarations: clang warns of what libstdc++ 12's own std::stable_sort calls.
# -Wno-restrict: g++ 12 warns of std::string's own operator+ when it is inlined (GCC bug 105651).
target_compile_options(promfill_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  -ffp-contract=off -fno-fast-math -fvisibility=hidden)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(promfill_flags INTERFACE -msse4.2)  # CRC32C instruction
endif()
if(PROMFILL_SANITIZE)
  target_compile_options(promfill_flags INTERFACE -fsanitize=${PROMFILL_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all)
  target_link_options(promfill_flags INTERFACE -fsanitize=${PROMFILL_SANITIZE})
endif()
find_program(PROMFILL_MOLD mold)
if(PROMFILL_MOLD AND NOT PROMFILL_SANITIZE)
  target_link_options(promfill_flags INTERFACE -fuse-ld=mold)
endif()

function(promfill_module name)
  cmake_parse_arguments(M "" "" "AFTER;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(TRANSFORM M_AFTER PREPEND promfill_)
  set(library promfill_${name})
  if(sources)
    add_library(${library} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${library} PRIVATE $<BUILD_INTERFACE:promfill_flags>)
  else()
    add_library(${library} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_compile_features(${library} ${scope} cxx_std_20)
  target_include_directories(${library} ${scope}
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  target_link_libraries(${library} ${scope} ${M_AFTER} ${M_LINK})
  if(PROMFILL_TESTS AND tests)
    promfill_test(${name}_test SOURCES ${tests} AFTER ${library})
  endif()
endfunction()

# promfill_test(chunk_test SOURCES … AFTER libraries…): one test program, one ctest entry.
function(promfill_test name)
  cmake_parse_arguments(T "" "" "SOURCES;AFTER" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE promfill_flags ${T_AFTER} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE PROMFILL_ROOT="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "${PROMFILL_TEST_ENVIRONMENT}")
endfunction()

# promfill_script_test(layering_test path/to/script [arguments…]): one ctest entry that runs a script, a .py one with
# the Python of the Arrow wheel. Its environment has what tools/bootstrap wrote to build/env.sh, and PROMFILL_CLI. Tests
# with $<TARGET_FILE:promfill> among their arguments are left out where the CLI is not built.
function(promfill_script_test name script)
  if(ARGN MATCHES "TARGET_FILE:promfill>" AND NOT TARGET promfill)
    return()
  endif()
  set(python)
  if(script MATCHES "\\.py$")
    set(python "\"\${PROMFILL_PYTHON:-python3}\"")
  endif()
  set(cli)
  if(TARGET promfill)
    set(cli PROMFILL_CLI=$<TARGET_FILE:promfill>)
  endif()
  set(environment "'${PROJECT_SOURCE_DIR}/build/env.sh'")
  add_test(NAME ${name} COMMAND bash -c
    "if [[ -e ${environment} ]]; then source ${environment}; fi; exec ${python} \"$@\"" ${name} ${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "${PROMFILL_TEST_ENVIRONMENT};${cli}")
endfunction()

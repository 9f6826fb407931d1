# SPDX-License-Identifier: BSD-3-Clause
# How a room, a program and a test are declared; and the flags that all of them share.

# Debian's g++ 12.2 miscompiles coroutines (double free in plain -O2 builds).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++ coroutines (double frees). "
                      "Use clang++ 19: cmake --preset release.")
endif()

option(BERTH_WERROR "Warnings are errors" OFF)
option(BERTH_STOP_POINTS "Tests may stop processes at named points (daemon/runtime/stop_point.hpp); never installed" OFF)
set(BERTH_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

add_library(berth_flags INTERFACE)
target_compile_features(berth_flags INTERFACE cxx_std_23)
target_include_directories(berth_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(berth_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough
                                             -fno-plt -fstack-protector-strong)
target_compile_definitions(berth_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                                                 BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_CO_AWAIT)
target_link_options(berth_flags INTERFACE -fuse-ld=lld)
if(BERTH_WERROR)
  target_compile_options(berth_flags INTERFACE -Werror)
endif()
if(BERTH_SANITIZE)
  target_compile_options(berth_flags INTERFACE -fsanitize=${BERTH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(berth_flags INTERFACE -fsanitize=${BERTH_SANITIZE})
endif()

# berth_room(NAME SOURCES a.cpp ... LINKS lib ...): the static library berth_NAME. Links are PRIVATE, so that a room
# sees only what it names itself; targets that link a room inherit its archives, not its view.
function(berth_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  add_library(berth_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(berth_${name} PUBLIC berth_flags PRIVATE ${ROOM_LINKS})
endfunction()

# berth_test(NAME SOURCES a.cpp ... LINKS lib ... [LABELS unit|net|threads ...]): a GoogleTest binary, run by ctest.
function(berth_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LINKS} berth_flags GTest::gmock GTest::gtest GTest::gtest_main)
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT 300)
endfunction()

# SPDX-License-Identifier: BSD-3-Clause
# What Debian 12 has, each behind one target. Rooms name these, never a raw library.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(CURL REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(libsystemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)

find_library(PAM_LIBRARY pam REQUIRED)
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE3 soci_sqlite3 REQUIRED)

# Asio and Boost.System for everyone above the operating system; URL where addresses are taken apart.
add_library(dep_asio INTERFACE)
target_link_libraries(dep_asio INTERFACE Boost::headers Threads::Threads)
add_library(dep_soci INTERFACE)
target_include_directories(dep_soci SYSTEM INTERFACE /usr/include/soci)
target_link_libraries(dep_soci INTERFACE ${SOCI_CORE} ${SOCI_SQLITE3})

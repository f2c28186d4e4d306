# promfill::promfill: every module that needs neither Arrow nor the command line, as one library for other projects, by
# find_package, FetchContent or add_subdirectory. BUILD_SHARED_LIBS says of which kind it is; hidden is all that
# include/promfill does not declare.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(objects)
foreach(module model resource encoding file chunk section index block store merge ingest text calendar relabel mapping job backfill record)
  list(APPEND objects $<TARGET_OBJECTS:promfill_${module}>)
endforeach()
add_library(promfill_library ${objects})
add_library(promfill::promfill ALIAS promfill_library)
set_target_properties(promfill_library PROPERTIES
  OUTPUT_NAME promfill EXPORT_NAME promfill LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_compile_features(promfill_library PUBLIC cxx_std_20)
target_include_directories(promfill_library INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
find_package(Threads REQUIRED)
# By file name and not by target: in a static library they are for the program that links it.
target_link_libraries(promfill_library PRIVATE yaml-cpp re2 simdjson PUBLIC Threads::Threads)

# A component of its own: programs need the library, people the command line.
install(TARGETS promfill_library EXPORT promfill-targets COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/promfill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/promfill)
install(EXPORT promfill-targets NAMESPACE promfill:: DESTINATION ${package_directory} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/promfill-config.cmake.in
  ${PROJECT_BINARY_DIR}/promfill-config.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/promfill-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/promfill-config.cmake ${PROJECT_BINARY_DIR}/promfill-config-version.cmake
  DESTINATION ${package_directory} COMPONENT library)

# promfill::promfill: every module that needs neither Arrow nor the command line, as one library for other projects, by
# find_package, FetchContent or add_subdirectory. BUILD_SHARED_LIBS says of which kind it is; hidden is all that
# include/promfill does not declare.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# promfill_public_library(promfill_library promfill MODULES model … LINK yaml-cpp …): one library of all objects.
function(promfill_public_library target name)
  cmake_parse_arguments(L "" "" "MODULES;LINK" ${ARGN})
  list(TRANSFORM L_MODULES REPLACE "(.+)" "$<TARGET_OBJECTS:promfill_\\1>" OUTPUT_VARIABLE objects)
  add_library(${target} ${objects})
  add_library(promfill::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # By file name and not by target: in a static library they are for the program that links it.
  target_link_libraries(${target} PRIVATE ${L_LINK} PUBLIC Threads::Threads)
endfunction()

find_package(Threads REQUIRED)
set(core model resource encoding file chunk histogram section index block store merge ingest text calendar relabel openmetrics family distribution mapping job backfill record)
set(core_needs yaml-cpp re2 simdjson)
promfill_public_library(promfill_library promfill MODULES ${core} LINK ${core_needs})
set_target_properties(promfill_library PROPERTIES OUTPUT_NAME promfill)

# A component of its own: programs need the library, people the command line.
install(TARGETS promfill_library EXPORT promfill-targets COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/promfill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/promfill)
install(EXPORT promfill-targets NAMESPACE promfill:: DESTINATION ${package_directory} COMPONENT library)
set(PROMFILL_ARROW_IS_SYSTEMS NO)
if(TARGET Arrow::arrow_shared)
  set(PROMFILL_ARROW_IS_SYSTEMS YES)
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/promfill-config.cmake.in
  ${PROJECT_BINARY_DIR}/promfill-config.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/promfill-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/promfill-config.cmake ${PROJECT_BINARY_DIR}/promfill-config-version.cmake
  DESTINATION ${package_directory} COMPONENT library)

# promfill::sources: the same and the readers of files, which need Arrow. The wheel's libraries are brought along.
if(PROMFILL_SOURCES)
  set(PROMFILL_ARROW_INSTALLED ${CMAKE_INSTALL_LIBDIR}/promfill)
  promfill_public_library(promfill_sources_library sources MODULES ${core} source sql input importing LINK ${core_needs} lzma ${CMAKE_DL_LIBS})
  target_sources(promfill_sources_library PRIVATE $<TARGET_OBJECTS:promfill_adbc>)
  install(FILES ${PROMFILL_DRIVER_FILES} DESTINATION ${PROMFILL_ARROW_INSTALLED}/drivers COMPONENT sources)
  set_target_properties(promfill_sources_library PROPERTIES OUTPUT_NAME promfill_sources INSTALL_RPATH "$ORIGIN/promfill")
  if(PROMFILL_ARROW_FILES)
    foreach(file ${PROMFILL_ARROW_LINKED})
      cmake_path(GET file FILENAME name)
      list(APPEND installed $<INSTALL_PREFIX>/${PROMFILL_ARROW_INSTALLED}/${name})
    endforeach()
    target_link_libraries(promfill_sources_library
      PRIVATE $<BUILD_INTERFACE:${PROMFILL_ARROW_LINKED}> INTERFACE "$<INSTALL_INTERFACE:${installed}>")
    install(FILES ${PROMFILL_ARROW_FILES} DESTINATION ${PROMFILL_ARROW_INSTALLED} COMPONENT sources)
  else()
    target_link_libraries(promfill_sources_library PRIVATE Arrow::arrow_shared Parquet::parquet_shared)
  endif()
  install(TARGETS promfill_sources_library EXPORT promfill-sources-targets COMPONENT sources)
  install(EXPORT promfill-sources-targets NAMESPACE promfill:: DESTINATION ${package_directory} COMPONENT sources)
endif()

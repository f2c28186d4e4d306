# promfill_adbc: the manager of database drivers (ADBC), compiled from the sources that its wheel brings. Drivers are
# libraries of their own, loaded when a database is spoken to; PROMFILL_DRIVER_FILES are those that tools/bootstrap
# found, which an installed CLI brings along.
file(GLOB manager ${PROJECT_SOURCE_DIR}/build/adbc/lib/python3*/site-packages/adbc_driver_manager)
if(NOT manager)
  message(FATAL_ERROR "ADBC's driver manager was not found. Run tools/bootstrap, which installs it under build/adbc.")
endif()
add_library(promfill_adbc STATIC
  ${manager}/adbc_driver_manager.cc ${manager}/adbc_driver_manager_api.cc
  ${manager}/adbc_driver_manager_driver_loading.cc ${manager}/adbc_driver_manager_profiles.cc)
target_compile_features(promfill_adbc PRIVATE cxx_std_17)
target_compile_options(promfill_adbc PRIVATE -w)
# Hidden: drivers have functions of these names, too, and must not find ours.
target_compile_definitions(promfill_adbc PUBLIC ADBC_EXPORT=)
set_target_properties(promfill_adbc PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
target_include_directories(promfill_adbc SYSTEM INTERFACE ${manager})
target_include_directories(promfill_adbc PRIVATE ${manager} ${manager}/..)
target_link_libraries(promfill_adbc PRIVATE ${CMAKE_DL_LIBS})
set(PROMFILL_DRIVERS ${PROJECT_SOURCE_DIR}/build/drivers)
file(GLOB links ${PROMFILL_DRIVERS}/lib*.so)
set(PROMFILL_DRIVER_FILES)
foreach(link ${links})
  file(REAL_PATH ${link} file)  # installed as themselves, not as links into this tree
  list(APPEND PROMFILL_DRIVER_FILES ${file})
endforeach()

# promfill_arrow: Arrow and Parquet from the system where it has them, else from the pyarrow wheel that tools/bootstrap
# puts under build/arrow (headers and shared libraries; the wheel has no CMake package). PROMFILL_ARROW_FILES are the
# wheel's libraries, which an installed CLI has to bring along.
add_library(promfill_arrow INTERFACE)
set(PROMFILL_ARROW_FILES)
find_package(Arrow QUIET)
find_package(Parquet QUIET)
if(Arrow_FOUND AND Parquet_FOUND)
  target_link_libraries(promfill_arrow INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
else()
  file(GLOB wheel ${PROJECT_SOURCE_DIR}/build/arrow/lib/python3*/site-packages/pyarrow)
  if(NOT wheel)
    message(FATAL_ERROR "Arrow was not found. Run tools/bootstrap, which installs the Arrow wheel under build/arrow.")
  endif()
  target_include_directories(promfill_arrow SYSTEM INTERFACE ${wheel}/include)
  foreach(name parquet arrow_compute arrow)
    file(GLOB library ${wheel}/lib${name}.so.*)
    list(APPEND PROMFILL_ARROW_FILES ${library})
  endforeach()
  target_link_libraries(promfill_arrow INTERFACE ${PROMFILL_ARROW_FILES})
  # Loaded where s3:// is asked for (src/source/object_store.cc).
  file(GLOB library ${wheel}/libarrow_s3.so.*)
  list(APPEND PROMFILL_ARROW_FILES ${library})
endif()

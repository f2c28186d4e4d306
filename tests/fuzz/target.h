// A fuzz target: one function that takes any bytes. libFuzzer calls it with what it invents, replay.cc with the files
// of corpus/<target>. An invariant that doesn't hold ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "encoding/bytes.h"

/// The process ends here, with the words, where `condition` is false.
#define FUZZ_EXPECT(condition)                                             \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// The version of the library, for programs and for `promfill version`.
#pragma once

#define PROMFILL_VERSION "0.1.0"

// The inline namespace of everything public: what was compiled against another binary interface doesn't link. In a
// shared library its names are visible and all others are not.
#define PROMFILL_ABI v0 __attribute__((visibility("default")))

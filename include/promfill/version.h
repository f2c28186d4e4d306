// The version of the library, for programs and for `promfill version`.
#pragma once

#define PROMFILL_VERSION "0.1.0"

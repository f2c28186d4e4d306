// promfill: historical records into Prometheus TSDB blocks. Umbrella header of the core library.
#pragma once

#include "promfill/labels.h"
#include "promfill/limits.h"
#include "promfill/result.h"
#include "promfill/sample.h"
#include "promfill/time.h"
#include "promfill/version.h"

// promfill: historical records into Prometheus TSDB blocks. Umbrella header of the core library.
#pragma once

#include "promfill/backfill.h"
#include "promfill/block.h"
#include "promfill/block_writer.h"
#include "promfill/channel.h"
#include "promfill/columns.h"
#include "promfill/histogram.h"
#include "promfill/labels.h"
#include "promfill/limits.h"
#include "promfill/report.h"
#include "promfill/result.h"
#include "promfill/sample.h"
#include "promfill/schema.h"
#include "promfill/stats.h"
#include "promfill/time.h"
#include "promfill/version.h"
#include "promfill/writer.h"

// Directories as columns: of data/host=a/year=2020/x.parquet every row has host "a" and year "2020", as Hive and Spark
// write tables.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/source.h"

namespace promfill {

struct Partition {
  std::string column;
  std::optional<std::string> value;  ///< nothing: null
};

/// Of the directories of a path that are named KEY=VALUE, in their order. %XX stands for a byte, and
/// __HIVE_DEFAULT_PARTITION__ for no value.
[[nodiscard]] std::vector<Partition> partitions_of(std::string_view path);

/// `source` with a text column for each partition. A column that the file has itself is left as it is.
std::unique_ptr<Source> with_partitions(std::unique_ptr<Source> source, std::vector<Partition> partitions);

}  // namespace promfill

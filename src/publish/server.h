// A running Prometheus, asked by its HTTP API: what publishing has to know of it, and what it answers to queries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/labels.h"
#include "promfill/sample.h"
#include "promfill/time.h"
#include "publish/http_client.h"

namespace promfill {

/// How long a server keeps blocks: until either is passed.
struct Retention {
  std::optional<Duration> time{};             ///< against the newest block's max time
  std::optional<std::uint64_t> size_bytes{};  ///< of blocks, write-ahead log and the head's chunks
  std::string text{};                         ///< as the server says it
};

/// Parse "15d", "5GiB", "40d or 5GiB", as `status/runtimeinfo` has it. @error kData
Result<Retention> parse_retention(std::string_view text);

struct ServerVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const ServerVersion&, const ServerVersion&) = default;
};

/// "3.14.0", "2.42.0+ds"; nothing where it isn't so.
std::optional<ServerVersion> parse_server_version(std::string_view text);

struct ServerFacts {
  std::string version_text{};
  ServerVersion version{};
  std::string data_directory{};  ///< as the server names it: working directory and flag together
  Retention retention{};
  std::optional<Timestamp> head_min{};  ///< nothing: the head is empty
  std::optional<Duration> max_block_duration{};
};

/// A series as a range selector gives it.
struct ServedSeries {
  Labels labels;
  std::vector<Sample> samples;  ///< floats; native histograms as their time and sum
};

class Server {
 public:
  static Result<Server> connect(const std::string& url);

  [[nodiscard]] const std::string& url() const { return client_.url(); }
  /// @error kIo  no answer; kData  not a Prometheus with a TSDB; kPermission  it wants credentials.
  Result<ServerFacts> facts();
  /// Samples of what `selector` selects, both times included. More may come: what lies a millisecond before.
  Result<std::vector<ServedSeries>> samples(const std::string& selector, Timestamp mint, Timestamp maxt);
  /// The number of samples of all series with times in [mint, maxt], stale markers not among them.
  /// @param closed_ranges  whether the server's ranges include their start, as before version 3.
  Result<double> sample_count(Timestamp mint, Timestamp maxt, bool closed_ranges);
  /// Value of a metric without labels on the server's own /metrics; nothing where it has none.
  Result<std::optional<double>> own_metric(const std::string& name);

 private:
  explicit Server(HttpClient client) : client_(std::move(client)) {}
  HttpClient client_;
};

/// The selector of exactly these labels (a series with more labels is selected too): {"name","a"="b"} or name{a="b"}.
std::string selector_of(const Labels& labels);

}  // namespace promfill

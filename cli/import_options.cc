// What the options of `promfill import` say. See import_command.h.
#include "import_command.h"

namespace promfill::cli {
namespace {

/// What the text of `option` says, or nothing where it isn't given.
Result<std::optional<Duration>> parse_optional_duration(const std::string& text, std::string_view option) {
  if (text.empty()) return std::optional<Duration>();
  auto duration = parse_duration(text);
  if (!duration) return at_option(std::move(duration).error(), option);
  return std::optional(*duration);
}

/// 0s is behind every piece that is read.
Result<std::optional<Duration>> parse_interval(const std::string& text) {
  if (text.empty()) return std::optional<Duration>();
  auto interval = parse_duration(text, true);
  if (!interval) return at_option(std::move(interval).error(), "--checkpoint-interval");
  return std::optional(*interval);
}

Result<Labels> parse_external_labels(const std::vector<std::string>& texts) {
  std::vector<Label> labels;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const auto refused = [&](const std::string& why) {
      return usage("--external-label " + text, why, "write it as NAME=VALUE, such as cluster=eu");
    };
    if (equals == std::string::npos || equals + 1 == text.size()) return refused("has no value");
    Label label{text.substr(0, equals), text.substr(equals + 1)};
    if (!is_classic_label_name(label.name)) return refused("'" + label.name + "' is no label name");
    if (!is_valid_utf8(label.value)) return refused("the value is not UTF-8");
    labels.push_back(std::move(label));
  }
  auto made = Labels::create(std::move(labels));
  if (!made) return at_option(std::move(made).error(), "--external-label");
  return made;
}

}  // namespace

Result<BackfillOptions> parse_import_options(const ImportArguments& a) {
  BackfillOptions options = a.options;
  if (a.block_duration != "auto") {
    PROMFILL_TRY(options.block_duration, parse_optional_duration(a.block_duration, "--block-duration"));
  }
  PROMFILL_TRY(options.retention, parse_optional_duration(a.retention, "--retention"));
  const auto target = parse_target(a.target);
  if (!target) return usage("--target", "unknown target '" + a.target + "'", "prometheus, thanos or mimir");
  options.target = *target;
  const auto encoding = parse_float_encoding(a.chunk_encoding);
  if (!encoding) return usage("--chunk-encoding", "unknown encoding '" + a.chunk_encoding + "'", "xor or xor2");
  options.chunk_encoding = *encoding;
  PROMFILL_TRY_STATUS(parse_source_options(a.source, options));
  PROMFILL_TRY(options.created_at, parse_optional_time(a.created_at, "--created-at"));
  const auto on_reject = parse_reject_policy(a.on_reject);
  if (!on_reject) return usage("--on-reject", "unknown policy '" + a.on_reject + "'", "file, fail or drop");
  options.on_reject = *on_reject;
  const auto resume = parse_resume_policy(a.resume);
  if (!resume) return usage("--resume", "unknown policy '" + a.resume + "'", "auto, never or require");
  options.resume = *resume;
  PROMFILL_TRY(const auto interval, parse_interval(a.checkpoint_interval));
  options.checkpoint_interval = interval.value_or(options.checkpoint_interval);
  options.rejects_max = a.max_rejects;
  PROMFILL_TRY(options.external_labels, parse_external_labels(a.external_labels));
  PROMFILL_TRY_STATUS(options.validate());
  return options;
}

}  // namespace promfill::cli

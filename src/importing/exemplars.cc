// See exemplars.h.
#include "importing/exemplars.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace promfill {
namespace {

using Json = nlohmann::ordered_json;

std::string json_text(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Not an object of the library: in exemplars a name may stand twice.
std::string json_labels(std::span<const Label> labels) {
  std::string out = "{";
  for (const Label& label : labels) {
    out += (out.size() > 1 ? "," : "") + json_text(label.name) + ":" + json_text(label.value);
  }
  return out + "}";
}

std::string json_number(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"+Inf\"" : "\"-Inf\"";
  return Json(value).dump();
}

}  // namespace

void append_exemplar_line(std::span<const Label> series, std::int64_t t_ms, const Exemplar& exemplar,
                          std::string& out) {
  out += "{\"series\":" + json_labels(series) + ",\"t\":" + std::to_string(t_ms);
  out += ",\"labels\":" + json_labels(exemplar.labels) + ",\"value\":" + json_number(exemplar.value);
  if (exemplar.time) out += ",\"timestamp\":" + std::to_string(exemplar.time->ms);
  out += "}\n";
}

Status ExemplarsFile::add(const std::string& lines, std::uint64_t exemplars) {
  if (lines.empty()) return {};
  if (!file_) {
    PROMFILL_TRY_STATUS(remove_tree(*fs_, path_));
    PROMFILL_TRY(file_, FileWriter::create(*fs_, path_));
  }
  exemplars_ += exemplars;
  return file_->append(as_bytes(lines));
}

Result<std::uint64_t> ExemplarsFile::finish() {
  if (!file_) return std::uint64_t{0};
  PROMFILL_TRY_STATUS(std::move(*file_).finish());
  file_.reset();
  return exemplars_;
}

}  // namespace promfill

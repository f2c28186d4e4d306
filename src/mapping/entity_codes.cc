#include "mapping/entity_codes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "promfill/labels.h"
#include "store/sample_batch.h"

namespace promfill {
namespace {

constexpr std::uint32_t kNotLookedUp = 0xFFFFFFFF;

/// Doubles below and above are written with an exponent, as in JavaScript and jq.
constexpr double kFixedMin = 1e-6;
constexpr double kFixedMax = 1e21;

std::string text_of_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double size = std::abs(value);
  const bool fixed = size == 0 || (size >= kFixedMin && size < kFixedMax);
  char text[32];
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  return {text, std::to_chars(text, text + sizeof text, value, format).ptr};
}

std::string text_of_bits(std::uint64_t bits, ColumnKind kind) {
  if (kind == ColumnKind::kDouble) return text_of_double(std::bit_cast<double>(bits));
  if (kind == ColumnKind::kBool) return bits != 0 ? "true" : "false";
  if (kind == ColumnKind::kUint64) return std::to_string(bits);
  return std::to_string(std::bit_cast<std::int64_t>(bits));
}

std::uint64_t number_bits(const ColumnView& column, std::int64_t row) {
  switch (column.kind) {
    case ColumnKind::kDouble: {
      const double value = column.doubles()[row];
      return std::isnan(value) ? kNormalNanBits : std::bit_cast<std::uint64_t>(value);
    }
    case ColumnKind::kBool:
      return column.boolean(row) ? 1 : 0;
    default:
      return std::bit_cast<std::uint64_t>(column.int64s()[row]);
  }
}

template <typename Word>
void mark_changed_words(const Word* words, std::span<std::uint8_t> changed) {
  for (std::size_t row = 1; row < changed.size(); ++row) {
    changed[row] = static_cast<std::uint8_t>(changed[row] | static_cast<std::uint8_t>(words[row] != words[row - 1]));
  }
}

template <typename SameValue>
void mark_changed_rows(const ColumnView& column, std::span<std::uint8_t> changed, SameValue same_value) {
  for (std::size_t i = 1; i < changed.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const bool valid = column.valid(row);
    if (valid != column.valid(row - 1) || (valid && !same_value(row - 1, row))) changed[i] = 1;
  }
}

/// Set changed[row] where the column differs between row - 1 and row.
void mark_changes(const ColumnView& column, std::span<std::uint8_t> changed) {
  const bool nulls = column.null_count > 0;
  switch (column.kind) {
    case ColumnKind::kDictionary:
      if (!nulls) return mark_changed_words(column.codes(), changed);
      return mark_changed_rows(
          column, changed, [codes = column.codes()](std::int64_t a, std::int64_t b) { return codes[a] == codes[b]; });
    case ColumnKind::kInt64:
    case ColumnKind::kUint64:
      if (!nulls) return mark_changed_words(column.int64s(), changed);
      [[fallthrough]];
    case ColumnKind::kDouble:
    case ColumnKind::kBool:
      return mark_changed_rows(column, changed, [&](std::int64_t a, std::int64_t b) {
        return number_bits(column, a) == number_bits(column, b);
      });
    case ColumnKind::kUtf8:
      return mark_changed_rows(column, changed,
                               [&](std::int64_t a, std::int64_t b) { return column.text(a) == column.text(b); });
    default:
      PROMFILL_ASSERT(false && "a label column of a kind that Plan::compile refuses");
  }
}

}  // namespace

void CodeMap::grow() {
  constexpr std::size_t kSlotsMin = 64;
  std::vector<Slot> old(std::max(kSlotsMin, 2 * slots_.size()));
  old.swap(slots_);
  shift_ = 64 - std::countr_zero(slots_.size());
  for (const Slot& slot : old) {
    if (slot.code != kFree) slots_[slot_of(slot.key)] = slot;
  }
}

std::uint32_t LabelCodes::code_of_bits(std::uint64_t bits, ColumnKind kind) {
  // A column keeps its kind within a piece; should a source change it, equal bits no longer mean equal texts.
  if (number_kind_ != kind) {
    number_codes_ = {};
    number_kind_ = kind;
  }
  std::uint32_t& code = number_codes_[bits];
  if (code == CodeMap::kFree) code = values_.intern(text_of_bits(bits, kind));
  return code;
}

void LabelCodes::use_dictionary(const ColumnView& column) {
  const ColumnView& next = *column.dictionary;
  const bool same = dictionary_ && dictionary_->values == next.values && dictionary_->offsets == next.offsets &&
                    dictionary_->offset == next.offset && dictionary_->validity == next.validity &&
                    dictionary_codes_.size() == static_cast<std::size_t>(column.dictionary_rows);
  if (same) return;
  dictionary_ = column.dictionary;
  dictionary_codes_.assign(static_cast<std::size_t>(column.dictionary_rows), kNotLookedUp);
  dictionary_fresh_ = true;
}

/// All entries at once. Each is somewhere else in a large table, so they are looked up in steps of a few: their places
/// are on their way to the processor while the others are hashed.
void LabelCodes::look_up_dictionary() {
  constexpr std::size_t kTogether = 16;
  std::array<std::uint64_t, kTogether> hashes{};
  for (std::size_t from = 0; from < dictionary_codes_.size(); from += kTogether) {
    const std::size_t n = std::min(kTogether, dictionary_codes_.size() - from);
    for (std::size_t i = 0; i < n; ++i) {
      const auto entry = static_cast<std::int64_t>(from + i);
      hashes[i] = dictionary_->valid(entry) ? hash_bytes(dictionary_->text(entry)) : 0;
      values_.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto entry = static_cast<std::int64_t>(from + i);
      dictionary_codes_[from + i] =
          dictionary_->valid(entry) ? values_.intern(dictionary_->text(entry), hashes[i]) : kAbsent;
    }
  }
}

std::uint64_t LabelCodes::memory_bytes() const {
  return values_.memory_bytes() + number_codes_.memory_bytes() + dictionary_codes_.capacity() * sizeof(std::uint32_t);
}

Status LabelCodes::encode_dictionary(const ColumnView& column, std::span<const std::uint32_t> rows,
                                     std::span<std::uint32_t> codes) {
  use_dictionary(column);
  if (dictionary_fresh_ && rows.size() > dictionary_codes_.size() / 2) look_up_dictionary();
  dictionary_fresh_ = false;
  const std::int32_t* entries = column.codes();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t row = rows[i];
    if (column.null_count > 0 && !column.valid(row)) {
      codes[i] = kAbsent;
      continue;
    }
    const auto entry = static_cast<std::uint32_t>(entries[row]);
    if (entry >= dictionary_codes_.size()) [[unlikely]] {
      return Error{ErrorCode::kCorrupt, "dictionary code " + std::to_string(entries[row]) + " has no value", "",
                   "the file is damaged: get it again"};
    }
    std::uint32_t& code = dictionary_codes_[entry];
    if (code == kNotLookedUp) code = dictionary_->valid(entry) ? values_.intern(dictionary_->text(entry)) : kAbsent;
    codes[i] = code;
  }
  return {};
}

Status LabelCodes::encode(const ColumnView& column, std::span<const std::uint32_t> rows,
                          std::span<std::uint32_t> codes) {
  if (column.kind == ColumnKind::kDictionary) return encode_dictionary(column, rows, codes);
  const bool is_text = column.kind == ColumnKind::kUtf8;
  std::string_view last_text;
  std::uint64_t last_bits = 0;
  std::optional<std::uint32_t> last_code;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t row = rows[i];
    if (!column.valid(row)) {
      codes[i] = kAbsent;
    } else if (is_text) {
      const std::string_view text = column.text(row);
      if (!last_code || text != last_text) last_code = values_.intern(text);
      last_text = text;
      codes[i] = *last_code;
    } else {
      const std::uint64_t bits = number_bits(column, row);
      if (!last_code || bits != last_bits) last_code = code_of_bits(bits, column.kind);
      last_bits = bits;
      codes[i] = *last_code;
    }
  }
  return {};
}

std::uint32_t EntityCodes::Fold::number_of(std::uint32_t prefix, std::uint32_t code) {
  if (prefix >= last.size()) last.resize(std::max<std::size_t>(prefix + 1, 2 * last.size()));
  Last& memory = last[prefix];
  if (memory.code == code) return memory.number;
  const std::uint64_t key = (static_cast<std::uint64_t>(prefix) << 32) | code;
  std::uint32_t& number = numbers[key];
  if (number == CodeMap::kFree) {
    number = static_cast<std::uint32_t>(pairs.size());
    pairs.push_back({prefix, code});
  }
  memory = {code, number};
  return number;
}

EntityCodes::EntityCodes(std::span<const PlannedLabel> labels, LabelRules rules)
    : labels_(labels),
      rules_(std::move(rules)),
      plain_(std::all_of(labels.begin(), labels.end(),
                         [](const PlannedLabel& label) { return label.use == LabelUse::kLabel; })),
      columns_(labels.size()),
      folds_(labels.empty() ? 0 : labels.size() - 1) {}

std::span<const std::uint32_t> EntityCodes::find_runs(const ColumnBatch& batch) {
  const auto rows = static_cast<std::size_t>(batch.rows);
  changed_.assign(rows, 0);
  for (const PlannedLabel& label : labels_) mark_changes(batch.columns[label.position], changed_);
  run_starts_.clear();
  if (rows == 0) return run_starts_;
  changed_[0] = 1;
  constexpr std::size_t kStride = sizeof(std::uint64_t);
  std::size_t row = 0;
  const auto visit = [&] {
    if (changed_[row] != 0) run_starts_.push_back(static_cast<std::uint32_t>(row));
  };
  while (row + kStride <= rows) {
    std::uint64_t word = 0;
    std::memcpy(&word, changed_.data() + row, kStride);
    if (word == 0) {
      row += kStride;
      continue;
    }
    for (const std::size_t end = row + kStride; row < end; ++row) visit();
  }
  for (; row < rows; ++row) visit();
  return run_starts_;
}

Result<std::span<const std::uint32_t>> EntityCodes::find_entities(const ColumnBatch& batch,
                                                                  std::span<const std::uint32_t> rows) {
  numbers_.assign(rows.size(), 0);
  codes_.resize(rows.size());
  for (std::size_t k = 0; k < labels_.size(); ++k) {
    const ColumnView& column = batch.columns[labels_[k].position];
    if (k == 0) {
      PROMFILL_TRY_STATUS(columns_[k].encode(column, rows, numbers_));
      continue;
    }
    PROMFILL_TRY_STATUS(columns_[k].encode(column, rows, codes_));
    Fold& fold = folds_[k - 1];
    for (std::size_t i = 0; i < rows.size(); ++i) numbers_[i] = fold.number_of(numbers_[i], codes_[i]);
  }
  describe_new_entities(numbers_);
  return std::span<const std::uint32_t>(numbers_);
}

void EntityCodes::describe_new_entities(std::span<const std::uint32_t> numbers) {
  const std::uint32_t largest = numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
  while (entities_.size() <= largest) describe_next();
}

void EntityCodes::describe_next() {
  auto number = static_cast<std::uint32_t>(entities_.size());
  label_codes_.assign(std::max<std::size_t>(1, labels_.size()), 0);
  for (std::size_t k = labels_.size(); k-- > 1;) {
    label_codes_[k] = folds_[k - 1].pairs[number].code;
    number = folds_[k - 1].pairs[number].prefix;
  }
  label_codes_[0] = number;
  Described described;
  const std::size_t key_begin = keys_.size();
  if (plain_) {
    describe_plain(described);
  } else {
    describe_derived(described);
  }
  if (described.trouble != LabelTrouble::kNone) keys_.resize(key_begin);  // nobody asks for it
  described.hash = hash_entity_key(std::string_view(keys_).substr(key_begin));
  described.key_end = keys_.size();
  entities_.push_back(described);
}

void EntityCodes::describe_plain(Described& described) {
  for (std::uint32_t k = 0; k < labels_.size(); ++k) {
    const std::string_view text = columns_[k].text(label_codes_[k]);
    if (text.empty() && !rules_.null_is_trouble) continue;
    described.trouble = judge(text);
    described.troubled_label = k;
    if (described.trouble != LabelTrouble::kNone) return;
    encode_entity_label(labels_[k].name, text, keys_);
  }
}

/// Labels that come in any order, and that only their values tell the names of.
void EntityCodes::describe_derived(Described& described) {
  derived_.clear();
  for (std::uint32_t k = 0; k < labels_.size(); ++k) {
    const std::string_view text = columns_[k].text(label_codes_[k]);
    described.troubled_label = k;
    const bool needed = rules_.null_is_trouble || labels_[k].use == LabelUse::kNameOfMetric;
    if (text.empty() && !needed) continue;
    described.trouble = judge(text);
    if (described.trouble == LabelTrouble::kNone) described.trouble = add_labels(labels_[k], text);
    if (described.trouble != LabelTrouble::kNone) return;
  }
  std::sort(derived_.begin(), derived_.end());
  for (const Label& label : derived_) encode_entity_label(label.name, label.value, keys_);
}

LabelTrouble EntityCodes::add_labels(const PlannedLabel& label, std::string_view value) {
  const std::size_t from = derived_.size();
  switch (label.use) {
    case LabelUse::kLabel:
      derived_.push_back({label.name, std::string(value)});
      break;
    case LabelUse::kNameOfMetric:
      return add_metric_name(value);
    case LabelUse::kOfMetrics:
      return LabelTrouble::kNone;
    case LabelUse::kSplit:
      switch (label.split->split(value, derived_)) {
        case SplitTrouble::kNone:
          break;
        case SplitTrouble::kNoMatch:
          return LabelTrouble::kNoMatch;
        case SplitTrouble::kNotJson:
          return LabelTrouble::kNotJson;
        case SplitTrouble::kNestedValue:
          return LabelTrouble::kNestedJson;
      }
      break;
  }
  return check_derived(from);
}

LabelTrouble EntityCodes::add_metric_name(std::string_view value) {
  if (value.empty()) return LabelTrouble::kNoMetricName;
  const bool lacks_total = rules_.ends_total && !value.ends_with("_total");
  std::string name = rules_.prefix + std::string(value) + (lacks_total ? "_total" : "");
  derived_.push_back({std::string(kMetricName), std::move(name)});
  return is_classic_metric_name(derived_.back().value) ? check_derived(derived_.size() - 1)
                                                       : LabelTrouble::kInvalidMetricName;
}

/// Those from `from` on against the rules, and against those before them.
LabelTrouble EntityCodes::check_derived(std::size_t from) {
  if (derived_.size() > rules_.labels_max) return LabelTrouble::kTooManyLabels;
  for (std::size_t i = from; i < derived_.size(); ++i) {
    if (derived_[i].name.size() > rules_.name_bytes_max) return LabelTrouble::kTooLong;
    const auto same = [&](const Label& other) { return other.name == derived_[i].name; };
    if (std::any_of(derived_.begin(), derived_.begin() + static_cast<std::ptrdiff_t>(i), same)) {
      return LabelTrouble::kRepeatedName;
    }
    if (std::find(rules_.taken_names.begin(), rules_.taken_names.end(), derived_[i].name) != rules_.taken_names.end()) {
      return LabelTrouble::kRepeatedName;
    }
  }
  return LabelTrouble::kNone;
}

EntityCodes::Entity EntityCodes::entity(std::uint32_t number) const {
  const Described& described = entities_[number];
  const std::uint64_t begin = number == 0 ? 0 : entities_[number - 1].key_end;
  return {std::string_view(keys_).substr(begin, described.key_end - begin), described.hash, described.trouble,
          described.troubled_label};
}

std::uint32_t EntityCodes::label_code(std::uint32_t number, std::size_t label) const {
  for (std::size_t k = labels_.size() - 1; k > label; --k) number = folds_[k - 1].pairs[number].prefix;
  return label == 0 ? number : folds_[label - 1].pairs[number].code;
}

LabelTrouble EntityCodes::judge(std::string_view value) const {
  if (value.empty() && rules_.null_is_trouble) return LabelTrouble::kNull;
  if (value.size() > rules_.value_bytes_max) return LabelTrouble::kTooLong;
  return is_valid_utf8(value) ? LabelTrouble::kNone : LabelTrouble::kNotUtf8;
}

std::uint64_t EntityCodes::memory_bytes() const {
  std::uint64_t bytes = entities_.capacity() * sizeof(Described) + keys_.capacity() + changed_.capacity();
  bytes += (run_starts_.capacity() + numbers_.capacity() + codes_.capacity()) * sizeof(std::uint32_t);
  for (const LabelCodes& column : columns_) bytes += column.memory_bytes();
  for (const Fold& fold : folds_) {
    bytes += fold.last.capacity() * sizeof(Fold::Last) + fold.pairs.capacity() * sizeof(Fold::Pair) +
             fold.numbers.memory_bytes();
  }
  return bytes;
}

}  // namespace promfill

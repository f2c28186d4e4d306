// Goal: every limit can be named, read and set, none beyond what can be stored, and docs/limits.md tells the truth.
#include "promfill/limits.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "promfill/options.h"

namespace promfill {
namespace {

BackfillOptions valid_options() {
  BackfillOptions options;
  options.out = "x";
  return options;
}

TEST(Limits, AreValidByDefaultAndBelowTheirMaxima) {
  EXPECT_TRUE(Limits().validate());
  EXPECT_TRUE(valid_options().validate());
  for (const LimitDefinition& limit : limit_definitions()) {
    const std::uint64_t value = Limits().*limit.value;
    EXPECT_LE(value, limit.max) << limit.name;
  }
}

TEST(Limits, AreBetweenOneAndTheirMaxima) {
  for (const LimitDefinition& limit : limit_definitions()) {
    struct Case {
      std::uint64_t value;
      bool valid;
    };
    for (const auto [value, valid] : {Case{0, false}, Case{1, true}, Case{limit.max - 1, true}, Case{limit.max, true},
                                      Case{limit.max + 1, false}}) {
      BackfillOptions options = valid_options();
      options.limits.*limit.value = value;
      const Status status = options.validate();
      EXPECT_EQ(status.has_value(), valid) << limit.name << "=" << value;
      if (status) continue;
      EXPECT_EQ(status.error().where, "--limit " + std::string(limit.name) + "=" + std::to_string(value));
    }
  }
}

TEST(Limits, AreSetByNameAndTheOthersStay) {
  for (const LimitDefinition& limit : limit_definitions()) {
    const auto limits = with_limit({}, std::string(limit.name) + "=7");
    ASSERT_TRUE(limits) << limits.error().text();
    for (const LimitDefinition& other : limit_definitions()) {
      const std::uint64_t now = *limits.*other.value;
      const std::uint64_t before = Limits().*other.value;
      EXPECT_EQ(now, &other == &limit ? 7 : before) << limit.name << " " << other.name;
    }
  }
}

TEST(Limits, InBytesAreSizesAndTheOthersNumbers) {
  EXPECT_EQ(with_limit({}, "label_value_bytes=2MiB")->label_value_bytes, 2U << 20);
  EXPECT_EQ(with_limit({}, "label_value_bytes=2000")->label_value_bytes, 2000U);
  EXPECT_FALSE(with_limit({}, "metrics=2MiB"));
}

TEST(Limits, RefuseWhatIsNoSetting) {
  for (const char* setting :
       {"", "=", "metrics", "metrics=", "metrics=x", "metrics=-1", "metrics=1.5", "metrics= 1", "metrics=0",
        "metrics=18446744073709551616", "metric=1", "METRICS=1", "label_value_bytes=16MiB", "label_value_bytes=0"}) {
    const auto limits = with_limit({}, setting);
    ASSERT_FALSE(limits) << setting;
    EXPECT_EQ(limits.error().code, ErrorCode::kUsage) << setting;
    EXPECT_TRUE(limits.error().where.starts_with("--limit")) << setting;
    EXPECT_FALSE(limits.error().hint.empty()) << setting;
  }
  EXPECT_NE(with_limit({}, "metric=1").error().hint.find("metrics"), std::string::npos);
}

TEST(Limits, HintsAreSettingsThatWouldDo) {
  for (const LimitDefinition& limit : limit_definitions()) {
    const std::string hint = hint_to_raise(limit.value, limit.max);
    const std::string setting = hint.substr(hint.rfind(' ') + 1);
    const auto limits = with_limit({}, setting);
    ASSERT_TRUE(limits) << hint;
    EXPECT_EQ(*limits.*limit.value, limit.max) << hint;
    EXPECT_EQ(hint_to_raise(limit.value, limit.max + 1).find("--limit"), std::string::npos);
  }
}

/// "1 MiB" and "10,000" as numbers.
std::uint64_t number_of(std::string text) {
  std::erase(text, ',');
  std::erase(text, ' ');
  const auto number = parse_byte_size(text);
  EXPECT_TRUE(number) << text;
  return number ? *number : 0;
}

TEST(Limits, AreInTheDocumentWithTheirDefaultsAndMaxima) {
  std::ifstream file(PROMFILL_ROOT "/docs/limits.md");
  ASSERT_TRUE(file);
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> documented;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;  // "", name, default, of what, beyond it, at most
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    ASSERT_EQ(cells.size(), 6U) << line;
    documented[cells[1].substr(2, cells[1].rfind('`') - 2)] = {number_of(cells[2]), number_of(cells[5])};
  }
  EXPECT_EQ(documented.size(), limit_definitions().size());
  for (const LimitDefinition& limit : limit_definitions()) {
    const std::uint64_t by_default = Limits().*limit.value;
    ASSERT_TRUE(documented.contains(std::string(limit.name))) << limit.name;
    EXPECT_EQ(documented[std::string(limit.name)], std::pair(by_default, limit.max)) << limit.name;
  }
}

}  // namespace
}  // namespace promfill

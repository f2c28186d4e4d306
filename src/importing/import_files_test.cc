// Goal: a program imports files as the command line does, and is told what it may want to know.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "promfill/sources.h"
#include "record/job_fixture.h"

namespace promfill {
namespace {

class ImportFiles : public RecordJobFixture {
 protected:
  /// A table of two hosts, as semicolons and decimal commas have it.
  std::string table(const std::string& name, std::size_t rows = 100) {
    const std::string path = root_ / name;
    std::ofstream file(path);
    file << "time;host;load\n";
    for (std::size_t i = 0; i < rows; ++i)
      file << kStart + static_cast<std::int64_t>(i) << ";h" << i % 2 << ";" << i << ",5\n";
    return path;
  }
};

TEST_F(ImportFiles, MapsAndWritesWhatTheyHold) {
  const std::string map = root_ / "map.yaml";
  std::ofstream(map) << "version: 1\ntimestamp: {column: time, unit: s}\nlabels: {instance: {column: host}}\n"
                        "metrics:\n  - {column: load, name: load1}\n";
  const auto mapping = load_mapping(map);
  ASSERT_TRUE(mapping) << mapping.error().text();
  FileImport files{.inputs = {table("a.csv")}, .mapping = *mapping};
  files.csv.decimal = ',';
  std::ostringstream lines;
  const auto report =
      import_files(files, options(), {.progress = &lines, .progress_interval = std::chrono::milliseconds(1)});
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->ledger.written, 100U);
  const Series all = series();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.begin()->first, R"(load1{instance="h0"})");
  EXPECT_EQ(all.begin()->second.at(kStart * 1000), 0.5);
}

TEST_F(ImportFiles, InfersWhatIsNotSaidAndFindsTheSameJobAgain) {
  FileImport files{.inputs = {table("b.csv")}};
  files.csv.decimal = ',';
  ASSERT_TRUE(import_files(files, options()));
  const auto again = import_files(files, options());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->already_imported);
}

TEST_F(ImportFiles, AsksThemByAQuery) {
  FileImport files{.inputs = {table("c.csv")}};
  files.csv.decimal = ',';
  files.sql.query = "SELECT time, host, load FROM input WHERE host = 'h1'";
  files.sql.partition_by = "time";
  const auto report = import_files(files, options());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->ledger.rows_read, 50U);
  const Series all = series();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.begin()->second.at((kStart + 1) * 1000), 1.5);
}

TEST_F(ImportFiles, SaysWhatIsMissing) {
  const auto error = [this](FileImport files, BackfillOptions options) {
    const auto report = import_files(files, options);
    EXPECT_FALSE(report);
    EXPECT_TRUE(nothing_is_left());
    return report.error().text();
  };
  EXPECT_NE(error({}, options()).find("no input was named"), std::string::npos);
  EXPECT_NE(error({.inputs = {"x"}}, {}).find("no output directory"), std::string::npos);
  EXPECT_NE(error({.inputs = {out("absent.csv")}}, options()).find("no such file"), std::string::npos);
  FileImport marks{.inputs = {table("c.csv")}};
  marks.csv.thousands = '.';
  EXPECT_NE(error(marks, options()).find("the same mark"), std::string::npos);
  EXPECT_FALSE(load_mapping(out("absent.yaml")));
  std::stop_source stop;
  stop.request_stop();
  FileImport files{.inputs = {table("d.csv")}};
  files.csv.decimal = ',';
  const auto stopped = import_files(files, options(), {.stop = stop.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kStopped);
  EXPECT_TRUE(nothing_is_left());
}

}  // namespace
}  // namespace promfill

// See plan_command.h.
#include "plan_command.h"

#include <algorithm>

#include "exit_code.h"
#include "file/file_system.h"
#include "input/inputs.h"
#include "output.h"
#include "plan_text.h"
#include "resource/clock.h"
#include "resource/machine.h"
#include "resource/tuning.h"
#include "survey/mapping_writer.h"
#include "survey/survey.h"

namespace promfill::cli {
namespace {

constexpr std::uint64_t kMemoryToOpenFiles = 64 << 20;

/// A file that is there already may be somebody's work.
Status write_map(const std::string& path, const CompleteMapping& mapping) {
  FileSystem& fs = real_file_system();
  if (exists(fs, path)) return usage("--write-map " + path, "is there already", "name a new file, or remove it");
  return write_file(fs, path, as_bytes(mapping_text(mapping.mapping, mapping.reasons)));
}

Result<Survey> plan(const PlanArguments& a) {
  ImportArguments job = a.job;
  if (job.options.out.empty()) job.options.out = ".";
  PROMFILL_TRY(const BackfillOptions options, parse_import_options(job));
  PROMFILL_TRY(const Mapping mapping, load_mapping(job.source));
  SurveyEnvironment environment{.now = system_clock().now(), .machine = read_machine(options.out)};
  environment.rows_max = std::max<std::uint64_t>(1, a.rows_max);
  MemoryBudget budget(std::max(memory_limit(options, environment.machine), kMemoryToOpenFiles));
  PagePool pages;
  SourceOptions reading{.budget = &budget, .pages = &pages};
  PROMFILL_TRY_STATUS(parse_format_options(job.source, reading));
  PROMFILL_TRY(const auto sources, open_sources(job.source.inputs, reading));
  PROMFILL_TRY(Survey survey, survey_sources(sources, mapping, options, environment));
  if (!a.map_file.empty()) PROMFILL_TRY_STATUS(write_map(a.map_file, survey.mapping));
  return survey;
}

}  // namespace

int run_plan(const PlanArguments& a) {
  const Result<Survey> survey = plan(a);
  if (!survey) return fail(survey.error());
  Output out;
  out.write(a.json ? plan_json(*survey) + "\n" : plan_text(*survey));
  return out.finish(kExitOk);
}

}  // namespace promfill::cli

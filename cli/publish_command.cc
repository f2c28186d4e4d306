// `promfill publish`: blocks into a Prometheus's data directory, and back out of it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "command.h"
#include "exit_code.h"
#include "file/beneath_file_system.h"
#include "ledger_table.h"
#include "log.h"
#include "output.h"
#include "publish/publish.h"
#include "publish/rollback.h"
#include "resource/clock.h"
#include "source_arguments.h"
#include "stop_signals.h"

namespace promfill::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrometheus = "prometheus:";

struct PublishArguments {
  std::string source;
  std::string to;
  std::string server;
  std::string on_overlap = "fail";
  std::string retention;
  std::string rollback;
  std::string timeout = "3m";
  bool dry_run = false;
  bool json = false;
};

Json to_json(const Preflight& preflight) {
  Json json;
  json["refused"] = preflight.refused();
  json["data_directory"] = preflight.directory.path;
  json["server"] = preflight.server ? Json{{"version", preflight.server->version_text},
                                           {"data_directory", preflight.server->data_directory},
                                           {"retention", preflight.server->retention.text}}
                                    : Json();
  json["bound"] = preflight.bound.ms;
  json["findings"] = Json::array();
  for (const Finding& one : preflight.findings) {
    json["findings"].push_back({{"check", one.check},
                                {"verdict", to_string(one.verdict)},
                                {"where", one.where},
                                {"message", one.message},
                                {"way_out", one.way_out}});
  }
  json["blocks"] = Json::array();
  for (const Piece& piece : preflight.pieces) {
    json["blocks"].push_back({{"source", piece.meta.ulid.text()},
                              {"ulid", piece.ulid.text()},
                              {"min_time", piece.range.min.ms},
                              {"max_time", piece.range.max.ms},
                              {"bytes", piece.bytes},
                              {"whole", piece.is_whole()},
                              {"already_served", piece.overlap.samples()},
                              {"of_another_value", piece.overlap.differing}});
  }
  json["later"] = Json::array();
  for (const Remainder& rest : preflight.later) {
    json["later"].push_back(
        {{"source", rest.source.text()}, {"min_time", rest.range.min.ms}, {"max_time", rest.range.max.ms}});
  }
  json["already_published"] = preflight.already_published;
  return json;
}

Json to_json(const PublishReport& report) {
  Json json = to_json(report.preflight);
  std::uint64_t left_out = 0;
  json["placed"] = Json::array();
  for (const PlacedPiece& piece : report.placed) {
    left_out += piece.left_out;
    json["placed"].push_back({{"source", piece.block.source.text()},
                              {"ulid", piece.block.ulid.text()},
                              {"min_time", piece.block.range.min.ms},
                              {"max_time", piece.block.range.max.ms},
                              {"samples", piece.block.samples},
                              {"left_out", piece.left_out}});
  }
  json["left_out"] = left_out;
  json["manifest"] = report.manifest;
  json["asked_back"] = report.asked ? Json{{"blocks", report.asked->blocks},
                                           {"series", report.asked->series},
                                           {"samples", report.asked->samples},
                                           {"seconds", report.asked->seconds}}
                                    : Json();
  json["error"] = report.afterwards ? Json(report.afterwards->text()) : Json();
  return json;
}

std::string findings_table(const Preflight& preflight) {
  std::string text = fmt::format("{:<12}{:<9}{}\n", "CHECK", "VERDICT", "REASON");
  for (const Finding& one : preflight.findings) {
    text += fmt::format("{:<12}{:<9}{}{}\n", one.check, to_string(one.verdict),
                        one.where.empty() ? "" : one.where + ": ", one.message);
    if (one.verdict != Verdict::kOk && !one.way_out.empty()) text += fmt::format("{:<21}→ {}\n", "", one.way_out);
  }
  return text;
}

std::string pieces_table(const Preflight& preflight) {
  if (preflight.pieces.empty()) return "\nnothing to place\n";
  std::string text = fmt::format("\n{:<28}{:<26}{:<26}{}\n", "BLOCK", "FROM", "TO", "HOW");
  for (const Piece& piece : preflight.pieces) {
    std::string how = piece.is_whole() ? "copied" : "cut";
    if (piece.overlap.samples() > 0) how += fmt::format(", without {} samples", grouped(piece.overlap.samples()));
    text += fmt::format("{:<28}{:<26}{:<26}{}\n", piece.ulid.text(), to_string(piece.range.min),
                        to_string(piece.range.max), how);
  }
  return text;
}

/// What was done, for people.
std::string outcome(const PublishReport& report) {
  std::uint64_t samples = 0;
  std::uint64_t left_out = 0;
  for (const PlacedPiece& piece : report.placed) {
    samples += piece.block.samples;
    left_out += piece.left_out;
  }
  std::string text = fmt::format("placed {} blocks with {} samples", grouped(report.placed.size()), grouped(samples));
  if (left_out > 0) text += fmt::format(", left out {} that are served already", grouped(left_out));
  text += "\n";
  if (report.asked) {
    text += fmt::format(
        "served after {:.0f} s: the number of samples of {} blocks, and {} samples of {} series one by one\n",
        report.asked->seconds, grouped(report.asked->blocks), grouped(report.asked->samples),
        grouped(report.asked->series));
  } else if (!report.afterwards) {
    text += "no server was asked: start it, and look for the samples\n";
  }
  return text + fmt::format("to take them back: promfill publish --rollback {}\n", report.manifest);
}

/// Refused or only tried: the table, or JSON.
int deliver_preflight(const PublishReport& report, const PublishArguments& a) {
  Output out;
  out.write(a.json ? to_json(report).dump(2) + "\n"
                   : findings_table(report.preflight) +
                         (report.preflight.refused() ? "" : pieces_table(report.preflight)));
  const bool refused = report.preflight.refused();
  const int status = out.finish(refused ? kExitFailed : kExitOk);
  return refused && !a.dry_run ? fail(report.preflight.error()) : status;
}

int deliver(const PublishReport& report, const PublishArguments& a) {
  if (report.manifest.empty()) return deliver_preflight(report, a);
  Output out;
  if (a.json) {
    out.write(to_json(report).dump(2) + "\n");
  } else {
    for (const Finding& one : report.preflight.findings) {
      if (one.verdict == Verdict::kNote) out.write(fmt::format("note: {}: {}\n", one.check, one.message));
    }
    out.write(outcome(report));
  }
  if (!report.afterwards) return out.finish(kExitOk);
  const int status = out.finish(kExitFailed);
  tell("promfill: the blocks are placed; look at the server, or take them back\n");
  return status == kExitFailed ? fail(*report.afterwards) : status;
}

Result<PublishOptions> options_of(const PublishArguments& a) {
  if (a.source.empty() || a.to.empty()) {
    return usage("publish", "needs DIR and --to prometheus:DATA_DIR, or --rollback MANIFEST", "");
  }
  if (!a.to.starts_with(kPrometheus) || a.to.size() == kPrometheus.size()) {
    return usage("--to", "unknown destination '" + a.to + "'", "prometheus:DATA_DIR");
  }
  PublishOptions options;
  options.preflight = {
      .source = a.source, .data_directory = a.to.substr(kPrometheus.size()), .now = system_clock().now()};
  if (a.on_overlap == "keep-existing") {
    options.preflight.on_overlap = OnOverlap::kKeepExisting;
  } else if (a.on_overlap != "fail") {
    return usage("--on-overlap", "unknown policy '" + a.on_overlap + "'",
                 "fail or keep-existing; letting new values win would mean changing blocks that are not ours");
  }
  if (!a.retention.empty()) {
    if (!a.server.empty()) return usage("--retention", "is for a server that is stopped", "the running one is asked");
    auto retention = parse_retention(a.retention);
    if (!retention) return at_option(retention.error(), "--retention");
    options.preflight.retention = *std::move(retention);
  }
  const auto timeout = parse_duration(a.timeout);
  if (!timeout) return at_option(timeout.error(), "--timeout");
  options.asking.timeout = std::chrono::milliseconds(timeout->ms);
  options.dry_run = a.dry_run;
  return options;
}

int run_forward(const PublishArguments& a) {
  auto options = options_of(a);
  if (!options) return fail(options.error());
  const StopSignals signals;
  Log log(LogFormat::kText, LogLevel::kInfo);
  options->on_step = [&log](const std::string& step) { log.info(step); };
  options->asking.is_stopped = [token = signals.token()] { return token.stop_requested(); };
  std::optional<Server> server;
  if (!a.server.empty()) {
    auto connected = Server::connect(a.server);
    if (!connected) return fail(connected.error());
    server = *std::move(connected);
  }
  const std::vector<std::string> roots{options->preflight.data_directory};
  BeneathFileSystem fs(roots, Outside::kReached);
  const auto report = publish_blocks(fs, *options, server ? &*server : nullptr);
  const auto stopped = [&](const Error& error) { return error.code == ErrorCode::kStopped && signals.received() != 0; };
  if (!report) {
    const int status = fail(report.error());
    return stopped(report.error()) ? kExitSignal + signals.received() : status;
  }
  const int status = deliver(*report, a);
  return report->afterwards && stopped(*report->afterwards) ? kExitSignal + signals.received() : status;
}

int run_rollback(const PublishArguments& a) {
  if (!a.source.empty() || !a.to.empty()) return fail(usage("--rollback", "goes alone", "the manifest says the rest"));
  const auto report = roll_back(real_file_system(), a.rollback);
  if (!report) return fail(report.error());
  Output out;
  if (a.json) {
    Json json{{"data_directory", report->data_directory},
              {"removed", Json::array()},
              {"absent", Json::array()},
              {"compacted", Json::array()},
              {"changed", Json::array()}};
    for (const Ulid& ulid : report->removed) json["removed"].push_back(ulid.text());
    for (const Ulid& ulid : report->absent) json["absent"].push_back(ulid.text());
    for (const auto& one : report->compacted) {
      json["compacted"].push_back({{"ulid", one.placed.text()}, {"became", one.block.text()}});
    }
    for (const Ulid& ulid : report->changed) json["changed"].push_back(ulid.text());
    out.write(json.dump(2) + "\n");
  } else {
    for (const Ulid& ulid : report->removed) out.write(fmt::format("{}: removed\n", ulid.text()));
    for (const Ulid& ulid : report->absent) out.write(fmt::format("{}: is not there\n", ulid.text()));
    for (const auto& one : report->compacted) {
      out.write(fmt::format("{}: its samples are in {} now, with others, and were left there\n", one.placed.text(),
                            one.block.text()));
    }
    for (const Ulid& ulid : report->changed) {
      out.write(fmt::format("{}: is not what was placed, and was left alone\n", ulid.text()));
    }
  }
  return out.finish(report->compacted.empty() && report->changed.empty() ? kExitOk : kExitFailed);
}

}  // namespace

void add_publish_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("publish", "Put blocks into a Prometheus's data directory, safely");
  auto a = std::make_shared<PublishArguments>();
  command->add_option("DIR", a->source, "A block, or a directory of blocks");
  command->add_option("--to", a->to, "prometheus:DATA_DIR, the server's --storage.tsdb.path");
  command->add_option("--server", a->server,
                      "URL of the running server; without it the server must be stopped. User and password come from "
                      "~/.netrc, or stand in the URL");
  command->add_option("--on-overlap", a->on_overlap,
                      "What if series and times are served already: fail, or keep-existing, which leaves these samples "
                      "out (default fail)");
  command->add_option("--retention", a->retention,
                      "Of a stopped server, as it will be started: 15d, 50GB, 40d or 50GB (default 15d)");
  command->add_option("--timeout", a->timeout, "How long to wait until the server has the blocks (default 3m)");
  command->add_flag("--dry-run", a->dry_run, "Say what would be done, and whether it is safe; change nothing");
  command->add_flag("--json", a->json, "The result as JSON");
  command->add_option("--rollback", a->rollback, "MANIFEST of a publication: remove what it placed, and nothing else");
  command->callback([&run, a] { run = [a] { return a->rollback.empty() ? run_forward(*a) : run_rollback(*a); }; });
}

}  // namespace promfill::cli

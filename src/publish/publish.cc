// See publish.h.
#include "publish/publish.h"

#include <array>
#include <random>

namespace promfill {
namespace {

std::string manifest_path(const std::string& source, Timestamp now) {
  std::random_device device;
  std::array<std::uint8_t, 10> entropy{};
  for (std::uint8_t& byte : entropy) byte = static_cast<std::uint8_t>(device());
  return join_path(join_path(source, ".promfill"), "publish-" + Ulid::make(now, entropy).text() + ".json");
}

void say(const PublishOptions& options, const std::string& text) {
  if (options.on_step) options.on_step(text);
}

/// The head may have been lost and made anew since the preflight, as by a restart.
Status check_head_again(Server& server, const Preflight& preflight, const std::vector<PlacedPiece>& placed) {
  PROMFILL_TRY(const ServerFacts now, server.facts());
  for (const PlacedPiece& piece : placed) {
    if (now.head_min && piece.block.range.max > *now.head_min) {
      return Error{ErrorCode::kRefused, "the server's head has changed meanwhile", preflight.directory.path,
                   "run the same command again"};
    }
  }
  return {};
}

PublishManifest manifest_of(const Preflight& preflight, const std::vector<PlacedPiece>& placed, const Server* server) {
  PublishManifest manifest{.data_directory = preflight.directory.path,
                           .server = server == nullptr ? "" : server->url()};
  for (const PlacedPiece& piece : placed) manifest.blocks.push_back(piece.block);
  return manifest;
}

}  // namespace

Result<PublishReport> publish_blocks(FileSystem& fs, const PublishOptions& options, Server* server) {
  PublishReport report;
  say(options, "looking at blocks, server and directory");
  PROMFILL_TRY(report.preflight, run_preflight(fs, options.preflight, server));
  const Preflight& preflight = report.preflight;
  if (preflight.refused() || options.dry_run) return report;
  // Where there is nothing to do, one that died after its last rename may still have left its staging, or the empty
  // folder that it was in.
  const std::string staging = publish_staging(preflight.directory.path);
  if (preflight.pieces.empty() && !exists(fs, staging.substr(0, staging.rfind('/')))) return report;

  PROMFILL_TRY(Placing placing, Placing::begin(fs, preflight.directory));
  say(options, "copying and verifying " + std::to_string(preflight.pieces.size()) + " blocks");
  PROMFILL_TRY_STATUS(placing.stage(preflight.pieces));
  if (placing.staged().empty()) return report;
  if (server != nullptr) PROMFILL_TRY_STATUS(check_head_again(*server, preflight, placing.staged()));
  if (options.asking.is_stopped && options.asking.is_stopped()) return Error{ErrorCode::kStopped, "stopped", "", ""};

  const std::string path = manifest_path(options.preflight.source, options.preflight.now);
  PublishManifest manifest = manifest_of(preflight, placing.staged(), server);
  PROMFILL_TRY(const auto made, create_directories(fs, path.substr(0, path.rfind('/'))));
  PROMFILL_TRY_STATUS(write_manifest(fs, path, manifest));
  report.manifest = path;
  say(options, "placing " + std::to_string(placing.staged().size()) + " blocks");
  const auto after = [&]() -> Status {
    PROMFILL_TRY_STATUS(placing.commit());
    report.placed = placing.staged();
    manifest.state = PublishState::kPlaced;
    PROMFILL_TRY_STATUS(write_manifest(fs, path, manifest));
    if (server == nullptr) return {};
    say(options, "waiting until the server has them, which takes up to a minute");
    PROMFILL_TRY(report.asked, ask_back(fs, *server, *preflight.server, preflight.directory, report.placed,
                                        preflight.pieces, options.asking));
    manifest.state = PublishState::kServed;
    return write_manifest(fs, path, manifest);
  };
  if (const Status done = after(); !done) report.afterwards = done.error();
  return report;
}

}  // namespace promfill

// `promfill serve`: an installed Prometheus over a directory of blocks, to look at what an import made. It gets links
// or copies in a folder of its own, so the blocks stay as they are, whatever it compacts or deletes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdlib.h>  // mkdtemp is POSIX, not C++
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "block/block_reader.h"
#include "command.h"
#include "exit_code.h"
#include "file/foreign_files.h"
#include "output.h"
#include "publish/http_client.h"
#include "source_arguments.h"

extern char** environ;

namespace promfill::cli {
namespace {

using Steady = std::chrono::steady_clock;

struct ServeArguments {
  std::string directory;
  std::string prometheus;
  std::uint16_t port = 0;
};

/// --prometheus, else $PROMFILL_PROMETHEUS, else the one on PATH.
Result<std::string> find_prometheus(const std::string& asked) {
  if (!asked.empty()) return asked;
  if (const char* const named = std::getenv("PROMFILL_PROMETHEUS"); named != nullptr && *named != '\0') {
    return std::string(named);
  }
  const char* const path = std::getenv("PATH");
  for (const std::string& folder : CLI::detail::split(path == nullptr ? "" : path, ':')) {
    const std::string program = join_path(folder, "prometheus");
    if (::access(program.c_str(), X_OK) == 0) return program;
  }
  return Error{ErrorCode::kNotFound, "no prometheus is installed", "PATH",
               "install the package prometheus, or say --prometheus PROGRAM"};
}

/// A port that is free on loopback now; somebody may take it before the server does, which then says so.
Result<std::uint16_t> free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool ok = fd != -1 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd != -1) ::close(fd);
  if (!ok) return Error{ErrorCode::kIo, std::string("find a free port: ") + std::strerror(errno), "", "say --port"};
  return ntohs(address.sin_port);
}

Status link_block(FileSystem& fs, const std::string& from, const std::string& to) {
  PROMFILL_TRY_STATUS(fs.create_directory(to));
  PROMFILL_TRY(const auto entries, fs.list(from));
  for (const DirectoryEntry& entry : entries) {
    const std::string source = join_path(from, entry.name);
    const std::string target = join_path(to, entry.name);
    if (entry.kind == FileKind::kDirectory) {
      PROMFILL_TRY_STATUS(link_block(fs, source, target));
    } else {
      PROMFILL_TRY_STATUS(link_or_copy_file(fs, source, target));
    }
  }
  return {};
}

/// The folder that the server works in; removed at the end.
class Workplace {
 public:
  /// Beside the blocks, where links are possible, else among the temporary files.
  static Result<Workplace> create(FileSystem& fs, const std::string& directory) {
    const std::string folder = join_path(directory, ".promfill");
    std::string path = join_path(exists(fs, folder) ? folder : directory, ".promfill-serve-XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) {
      path = (std::filesystem::temp_directory_path() / "promfill-serve-XXXXXX").string();
      if (::mkdtemp(path.data()) == nullptr) {
        return Error{ErrorCode::kIo, std::string("make a folder: ") + std::strerror(errno), path, "set TMPDIR"};
      }
    }
    return Workplace(fs, std::move(path));
  }
  Workplace(Workplace&& other) noexcept : fs_(other.fs_), path_(std::exchange(other.path_, "")) {}
  Workplace& operator=(Workplace&&) = delete;
  ~Workplace() {
    if (!path_.empty()) (void)remove_tree(*fs_, path_);
  }
  [[nodiscard]] std::string operator/(std::string_view name) const { return join_path(path_, name); }

 private:
  Workplace(FileSystem& fs, std::string path) : fs_(&fs), path_(std::move(path)) {}
  FileSystem* fs_;
  std::string path_;
};

/// A process of ours, which ends with us.
class ServerProcess {
 public:
  static Result<ServerProcess> start(std::vector<std::string> command, const std::string& log) {
    std::vector<char*> words;
    for (std::string& word : command) words.push_back(word.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    // Our signals are blocked for a thread of ours; and Ctrl-C is for us alone, who end it.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    pid_t pid = -1;
    const int failed = ::posix_spawnp(&pid, words[0], &files, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
      return Error{ErrorCode::kNotFound, std::string("start: ") + std::strerror(failed), command[0],
                   "say --prometheus PROGRAM"};
    }
    return ServerProcess(pid);
  }
  ServerProcess(ServerProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess() {
    if (pid_ == -1) return;
    ::kill(pid_, SIGTERM);
    const auto deadline = Steady::now() + std::chrono::seconds(30);
    while (is_running()) {
      if (Steady::now() > deadline) ::kill(pid_, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  [[nodiscard]] bool is_running() {
    if (pid_ != -1 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
    return pid_ != -1;
  }

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

/// SIGINT and SIGTERM, waited for instead of handled. Unlike StopSignals it gives the server the time that it takes.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// Whether one came, after a short wait for it.
  [[nodiscard]] bool received() {
    constexpr timespec kPause{0, 50'000'000};
    received_ = received_ || sigtimedwait(&set_, nullptr, &kPause) > 0;
    return received_;
  }

 private:
  sigset_t set_{};
  bool received_ = false;
};

std::string last_line(const std::string& log) {
  const auto bytes = read_file(real_file_system(), log, 1ULL << 24);
  if (!bytes) return "";
  std::string text(bytes->begin(), bytes->end());
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

bool is_ready(HttpClient& client) {
  const auto answer = client.get("/-/ready");
  return answer && answer->status == 200;
}

/// No retention that a block could be past: the longest is 292 years, 2^63 ns. And blocks are left as they are: with
/// one length for all, there is nothing to merge.
std::vector<std::string> command_of(const std::string& program, const Workplace& work, const std::string& address) {
  return {program,
          "--config.file=" + work / "prometheus.yml",
          "--storage.tsdb.path=" + work / "data",
          "--storage.tsdb.retention.time=250y",
          "--storage.tsdb.min-block-duration=2h",
          "--storage.tsdb.max-block-duration=2h",
          "--web.listen-address=" + address};
}

Status serve(const ServeArguments& a) {
  EndSignals signals;
  FileSystem& fs = real_file_system();
  PROMFILL_TRY(const auto blocks, find_blocks(fs, a.directory));
  if (blocks.empty()) return Error{ErrorCode::kNotFound, "there are no blocks", a.directory, ""};
  PROMFILL_TRY(const std::string program, find_prometheus(a.prometheus));
  PROMFILL_TRY(const Workplace work, Workplace::create(fs, a.directory));
  PROMFILL_TRY_STATUS(fs.create_directory(work / "data"));
  for (const std::string& block : blocks) {
    PROMFILL_TRY(const BlockMeta meta, read_block_meta(fs, block));
    PROMFILL_TRY_STATUS(link_block(fs, block, join_path(work / "data", meta.ulid.text())));
  }
  PROMFILL_TRY_STATUS(write_file(fs, work / "prometheus.yml", as_bytes("global: {}\n")));
  PROMFILL_TRY(const std::uint16_t unused, free_port());
  const std::uint16_t port = a.port == 0 ? unused : a.port;
  const std::string address = "127.0.0.1:" + std::to_string(port);
  PROMFILL_TRY(ServerProcess server, ServerProcess::start(command_of(program, work, address), work / "log"));
  PROMFILL_TRY(HttpClient client, HttpClient::create("http://" + address));
  bool ready = false;
  while (server.is_running()) {
    if (signals.received()) return {};
    if (!ready && is_ready(client)) {
      ready = true;
      Output out;
      out.write("http://" + address + "\n");
      if (out.finish(kExitOk) != kExitOk) return Error{ErrorCode::kIo, "write the URL", "", ""};
      tell("promfill: serving " + std::to_string(blocks.size()) + " blocks; Ctrl-C ends it\n");
    }
  }
  return Error{ErrorCode::kIo, "Prometheus has ended: " + last_line(work / "log"), program, ""};
}

int run_serve(const ServeArguments& a) {
  const Status done = serve(a);
  return done ? kExitOk : fail(done.error());
}

}  // namespace

void add_serve_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("serve", "Run an installed Prometheus over blocks, until Ctrl-C");
  auto a = std::make_shared<ServeArguments>();
  command->add_option("DIR", a->directory, "Directory of blocks; they stay as they are")->required();
  command->add_option("--prometheus", a->prometheus,
                      "The program (default $PROMFILL_PROMETHEUS, else prometheus on PATH)");
  command->add_option("--port", a->port, "On loopback (default: a free one)");
  command->callback([&run, a] { run = [a] { return run_serve(*a); }; });
}

}  // namespace promfill::cli

#include "input/inputs.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "input/partitions.h"
#include "source/arrow_file.h"
#include "source/csv.h"
#include "source/json.h"
#include "source/object_store.h"
#include "source/parquet.h"
#include "sql/address.h"
#include "sql/sql_source.h"

namespace promfill {
namespace {

namespace fs = std::filesystem;

using Open = Result<std::unique_ptr<Source>> (*)(std::string path, const SourceOptions& options);

/// A kind of file, by the name that --format and its extensions give it.
struct Kind {
  std::string_view name;
  std::vector<std::string_view> extensions;
  bool is_text;  // which may be compressed, and come through standard input
  Open open;
};

Result<std::unique_ptr<Source>> open_tsv(std::string path, const SourceOptions& options) {
  SourceOptions tabs = options;
  if (!tabs.csv.delimiter) tabs.csv.delimiter = '\t';
  return open_csv(std::move(path), tabs);
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds{
      {"parquet", {".parquet", ".pq"}, false, open_parquet},
      {"csv", {".csv"}, true, open_csv},
      {"tsv", {".tsv"}, true, open_tsv},
      {"json", {".json", ".jsonl", ".ndjson"}, true, open_json},
      {"arrow", {".arrow", ".arrows", ".feather", ".ipc"}, false, open_arrow_ipc},
      {"orc", {".orc"}, false, open_orc},
  };
  return kKinds;
}

/// Texts of samples, which are no tables.
constexpr std::array<std::pair<std::string_view, TextDialect>, 2> kExpositions{
    {{".om", TextDialect::kOpenMetrics}, {".prom", TextDialect::kPrometheus}}};
constexpr std::array<std::string_view, 5> kCompressed{".gz", ".zst", ".lz4", ".bz2", ".xz"};
constexpr std::string_view kWanted =
    "*.parquet, *.csv, *.tsv, *.json, *.jsonl, *.ndjson, *.arrow, *.feather, *.orc, *.om and *.prom, texts also with "
    ".gz, .zst, .lz4, .bz2 or .xz";

/// Directories deeper than this are a loop of links.
constexpr int kDepthMax = 64;

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

/// Of a text that is compressed, the one before.
std::string extension_of(const fs::path& path) {
  const std::string last = path.extension().string();
  return std::ranges::find(kCompressed, last) == kCompressed.end() ? last : path.stem().extension().string();
}

/// Nothing where neither the extension nor the user says what it is.
const Kind* kind_of(const fs::path& path) {
  const std::string extension = extension_of(path);
  const bool compressed = extension != path.extension();
  const auto kind = std::ranges::find_if(kinds(), [&](const Kind& each) {
    return std::ranges::find(each.extensions, extension) != each.extensions.end();
  });
  return kind == kinds().end() || (compressed && !kind->is_text) ? nullptr : &*kind;
}

std::optional<TextDialect> exposition_of(const fs::path& path) {
  const std::string extension = extension_of(path);
  for (const auto& [known, dialect] : kExpositions) {
    if (known == extension) return dialect;
  }
  return std::nullopt;
}

std::optional<TextDialect> exposition_named(std::string_view format) {
  for (std::size_t number = 0; number < kTextDialects; ++number) {
    const auto dialect = static_cast<TextDialect>(number);
    if (format == to_string(dialect)) return dialect;
  }
  return std::nullopt;
}

bool is_readable(const fs::path& path) { return kind_of(path) != nullptr || exposition_of(path).has_value(); }

Result<const Kind*> kind_named(std::string_view name) {
  std::string names;
  for (const Kind& kind : kinds()) {
    const bool is_extension = std::ranges::any_of(kind.extensions, [&](auto each) { return each.substr(1) == name; });
    if (kind.name == name || is_extension) return &kind;
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  return Error{ErrorCode::kUsage, "unknown format '" + std::string(name) + "'", "--format", "one of " + names};
}

/// Names by which tools mark what is not data: .crc files, _temporary, _SUCCESS.
bool is_hidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

Error system_error(const std::error_code& code, const std::string& step, const fs::path& path) {
  const bool denied = code == std::errc::permission_denied;
  return {denied ? ErrorCode::kPermission : ErrorCode::kIo, step + ": " + code.message(), path.string(),
          denied ? "check the permissions of the path" : ""};
}

/// Entries of a directory, by name.
Result<std::vector<fs::path>> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code code;
  for (fs::directory_iterator at(directory, code), end; !code && at != end; at.increment(code)) {
    entries.push_back(at->path());
  }
  if (code) return system_error(code, "list the directory", directory.empty() ? "." : directory);
  std::sort(entries.begin(), entries.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return entries;
}

Status add_directory(const fs::path& directory, int depth, std::vector<fs::path>& files) {
  if (depth > kDepthMax) {
    return Error{ErrorCode::kLimit, "directories are nested too deep", directory.string(),
                 "look for a link that loops"};
  }
  PROMFILL_TRY(const std::vector<fs::path> entries, entries_of(directory));
  for (const fs::path& entry : entries) {
    if (is_hidden(entry.filename().native())) continue;
    std::error_code code;
    const fs::file_status status = fs::status(entry, code);
    if (status.type() == fs::file_type::directory) {
      PROMFILL_TRY_STATUS(add_directory(entry, depth + 1, files));
    } else if (is_readable(entry)) {
      files.push_back(entry);  // a broken link too: opening it says so
    }
  }
  return {};
}

/// Follow a glob's components from `base`, which exists; `components` are what is left of it.
Status add_matches(const fs::path& base, std::span<const std::string> components, int depth,
                   std::vector<fs::path>& found) {
  if (components.empty()) {
    found.push_back(base);
    return {};
  }
  if (depth > kDepthMax) {
    return Error{ErrorCode::kLimit, "directories are nested too deep", base.string(), "look for a link that loops"};
  }
  const std::string& component = components.front();
  const auto rest = components.subspan(1);
  std::error_code code;
  if (!has_wildcard(component)) {
    const fs::path next = base / component;
    return fs::exists(next, code) ? add_matches(next, rest, depth + 1, found) : Status();
  }
  if (!base.empty() && !fs::is_directory(base, code)) return {};
  PROMFILL_TRY(const std::vector<fs::path> entries, entries_of(base.empty() ? "." : base));
  if (component == "**") PROMFILL_TRY_STATUS(add_matches(base, rest, depth + 1, found));
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    const fs::path next = base / name;
    if (component == "**") {
      if (!is_hidden(name) && fs::is_directory(next, code)) {
        PROMFILL_TRY_STATUS(add_matches(next, components, depth + 1, found));
      }
    } else if (::fnmatch(component.c_str(), name.c_str(), FNM_PERIOD) == 0) {
      PROMFILL_TRY_STATUS(add_matches(next, rest, depth + 1, found));
    }
  }
  return {};
}

Result<std::vector<fs::path>> expand_glob(const std::string& pattern) {
  const fs::path path(pattern);
  std::vector<std::string> components;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty()) components.push_back(part.string());
  }
  std::vector<fs::path> found;
  PROMFILL_TRY_STATUS(add_matches(path.root_path(), components, 0, found));
  return found;
}

/// Files that one pattern names.
Result<std::vector<fs::path>> expand_pattern(const std::string& pattern) {
  std::error_code code;
  std::vector<fs::path> named{fs::path(pattern)};
  const fs::file_status status = fs::status(pattern, code);
  if (status.type() == fs::file_type::none && code != std::errc::no_such_file_or_directory) {
    return system_error(code, "look for the input", pattern);
  }
  const bool is_glob = !fs::exists(status) && has_wildcard(pattern);
  if (is_glob) {
    PROMFILL_TRY(named, expand_glob(pattern));
    if (named.empty()) {
      return Error{ErrorCode::kNotFound, "no file matches this pattern", pattern,
                   "check the path; patterns know *, ?, [set] and **"};
    }
  } else if (!fs::exists(status)) {
    return Error{ErrorCode::kNotFound, "no such file or directory", pattern, "check the path"};
  }
  std::vector<fs::path> files;
  for (fs::path& path : named) {
    if (fs::is_directory(path, code)) {
      PROMFILL_TRY_STATUS(add_directory(path, 0, files));
    } else {
      files.push_back(std::move(path));
    }
  }
  if (files.empty()) {
    return Error{ErrorCode::kNotFound, "no file to import in this directory", pattern,
                 "looked for " + std::string(kWanted) + " in it and below; name other files one by one"};
  }
  return files;
}

/// An address of a store without its options: what has an extension, and directories.
std::string without_options(const std::string& path) {
  return is_object_address(path) ? path.substr(0, path.find('?')) : path;
}

/// Of all objects below an address those of kinds that promfill reads; one that is named itself, whatever it is.
Result<std::vector<std::string>> readable_objects(const std::string& address) {
  PROMFILL_TRY(std::vector<std::string> objects, list_objects(address));
  if (objects == std::vector<std::string>{address}) return objects;
  std::erase_if(objects, [](const std::string& object) {
    const fs::path path(without_options(object));
    return is_hidden(path.filename().native()) || !is_readable(path);
  });
  if (!objects.empty()) return objects;
  return Error{ErrorCode::kNotFound, "no object to import there", address, "looked for " + std::string(kWanted)};
}

}  // namespace

Result<std::vector<std::string>> expand_inputs(std::span<const std::string> patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    if (pattern == kStandardInput) {
      paths.push_back(pattern);
      continue;
    }
    if (is_object_address(pattern)) {
      PROMFILL_TRY(const std::vector<std::string> objects, readable_objects(pattern));
      paths.insert(paths.end(), objects.begin(), objects.end());
      continue;
    }
    PROMFILL_TRY(const std::vector<fs::path> files, expand_pattern(pattern));
    for (const fs::path& file : files) paths.push_back(file.lexically_normal().string());
  }
  std::sort(paths.begin(), paths.end());
  // The same file by another path would be imported twice.
  std::set<std::string> seen;
  std::erase_if(paths, [&](const std::string& path) {
    std::error_code code;
    const fs::path canonical = fs::canonical(path, code);
    return !seen.insert(code ? path : canonical.string()).second;
  });
  return paths;
}

Result<std::unique_ptr<Source>> open_source(const std::string& path, const SourceOptions& options) {
  const Kind* kind = nullptr;
  if (!options.format.empty()) {
    PROMFILL_TRY(kind, kind_named(options.format));
  } else if (path == kStandardInput) {
    return Error{ErrorCode::kUsage, "standard input has no name that says what it is", path,
                 "say it with --format, such as --format csv"};
  } else {
    if (exposition_of(without_options(path))) {
      return Error{ErrorCode::kUsage, "this is a text of samples and no table", path,
                   "import it with a command of its own"};
    }
    kind = kind_of(without_options(path));
    if (kind == nullptr) kind = &kinds().front();  // which says what it looks like
  }
  if (path == kStandardInput && !kind->is_text) {
    return Error{ErrorCode::kUsage, std::string(kind->name) + " can't be read from standard input", path,
                 "write it to a file: it is read from several places"};
  }
  PROMFILL_TRY(auto source, kind->open(path, options));
  return with_partitions(std::move(source), partitions_of(without_options(path)));
}

Result<std::vector<ExpositionText>> exposition_texts(std::span<const std::string> patterns, const std::string& format) {
  const std::optional<TextDialect> said = exposition_named(format);
  std::vector<ExpositionText> texts;
  if (!format.empty() && !said) return texts;
  if (patterns.empty() || std::ranges::any_of(patterns, is_database_address)) return texts;
  PROMFILL_TRY(const std::vector<std::string> paths, expand_inputs(patterns));
  std::string other;
  for (const std::string& path : paths) {
    const std::optional<TextDialect> dialect = said ? said : exposition_of(without_options(path));
    if (dialect) {
      texts.push_back({path, *dialect});
    } else {
      other = path;
    }
  }
  if (texts.empty() || other.empty()) return texts;
  return Error{ErrorCode::kUsage, "tables and texts of samples can't be imported together", other,
               "import " + texts.front().path + " and its like with a command of its own"};
}

namespace {

constexpr const char* kTableOfInputs = "input";

/// A query over files: those that are named without a name of their own are the table `input`.
Result<std::unique_ptr<Source>> open_query(std::span<const std::string> patterns, const SourceOptions& options) {
  std::vector<FileTable> tables;
  if (!patterns.empty()) {
    PROMFILL_TRY(std::vector<std::string> files, expand_inputs(patterns));
    tables.push_back({kTableOfInputs, std::move(files)});
  }
  for (const auto& [name, path] : options.sql.inputs) {
    PROMFILL_TRY(std::vector<std::string> files, expand_inputs(std::span(&path, 1)));
    const auto known = std::ranges::find(tables, name, &FileTable::name);
    if (known == tables.end()) {
      tables.push_back({name, std::move(files)});
    } else {
      known->files.insert(known->files.end(), files.begin(), files.end());
    }
  }
  return open_files_by_sql(std::move(tables), options);
}

}  // namespace

Result<std::vector<std::unique_ptr<Source>>> open_sources(std::span<const std::string> patterns,
                                                          const SourceOptions& options) {
  std::vector<std::unique_ptr<Source>> sources;
  const auto databases = static_cast<std::size_t>(std::ranges::count_if(patterns, is_database_address));
  if (databases > 0) {
    if (databases < patterns.size() || !options.sql.inputs.empty()) {
      return Error{ErrorCode::kUsage, "databases and files can't be imported together", patterns.front(),
                   "import the database with a command of its own"};
    }
    for (const std::string& address : patterns) {
      PROMFILL_TRY(sources.emplace_back(), open_database(address, options));
    }
    return sources;
  }
  if (options.sql.has_query()) {
    PROMFILL_TRY(sources.emplace_back(), open_query(patterns, options));
    return sources;
  }
  if (options.sql.is_given()) {
    return Error{ErrorCode::kUsage, "is for databases and queries", options.sql.given(),
                 "add --query, or leave it out"};
  }
  PROMFILL_TRY(const std::vector<std::string> paths, expand_inputs(patterns));
  for (const std::string& path : paths) {
    PROMFILL_TRY(sources.emplace_back(), open_source(path, options));
  }
  return sources;
}

}  // namespace promfill

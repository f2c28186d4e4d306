// See address.h.
#include "sql/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace promfill {
namespace {

constexpr std::string_view kHidden = "***";

struct Scheme {
  std::string_view prefix;
  DatabaseKind kind;
  std::string_view driver;
};

constexpr std::array<Scheme, 9> kSchemes{{
    {"duckdb:", DatabaseKind::kDuckDb, "duckdb"},
    {"sqlite:", DatabaseKind::kSqlite, "sqlite"},
    {"postgresql://", DatabaseKind::kPostgres, "postgresql"},
    {"postgres://", DatabaseKind::kPostgres, "postgresql"},
    {"grpc+tls://", DatabaseKind::kFlightSql, "flightsql"},
    {"grpc://", DatabaseKind::kFlightSql, "flightsql"},
    {"mysql://", DatabaseKind::kBackticks, "mysql"},
    {"snowflake://", DatabaseKind::kOther, "snowflake"},
    {"bigquery://", DatabaseKind::kBackticks, "bigquery"},
}};

const Scheme* scheme_of(std::string_view text) {
  const auto found = std::ranges::find_if(kSchemes, [&](const Scheme& s) { return text.starts_with(s.prefix); });
  return found == kSchemes.end() ? nullptr : &*found;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    out += is_escape ? static_cast<char>(byte) : text[i];
    if (is_escape) i += 2;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~/:";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          kPlain.find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

/// user:password@host/… in its parts; views into the text.
struct Authority {
  std::string_view user;
  std::string_view password;
  std::string_view rest;  // from the host on
};

Authority authority_of(std::string_view behind_scheme) {
  const std::string_view before_path = behind_scheme.substr(0, behind_scheme.find_first_of("/?"));
  const std::size_t at = before_path.rfind('@');
  if (at == std::string_view::npos) return {{}, {}, behind_scheme};
  const std::string_view login = before_path.substr(0, at);
  const std::size_t colon = login.find(':');
  return {login.substr(0, colon), colon == std::string_view::npos ? std::string_view() : login.substr(colon + 1),
          behind_scheme.substr(at + 1)};
}

/// A password may also be a parameter of the address: ?password=…
struct Parameter {
  std::size_t begin = 0;  // of the value
  std::size_t end = 0;
};

std::optional<Parameter> secret_parameter(std::string_view address) {
  static constexpr std::array<std::string_view, 4> kNames{"password=", "sslpassword=", "token=", "passfile="};
  for (std::size_t at = address.find('?'); at < address.size(); at = address.find('&', at + 1)) {
    for (const std::string_view name : kNames) {
      if (name == "passfile=" || !address.substr(at + 1).starts_with(name)) continue;
      const std::size_t begin = at + 1 + name.size();
      return Parameter{begin, std::min(address.find('&', begin), address.size())};
    }
  }
  return std::nullopt;
}

void hide(std::string_view secret, DatabaseAddress& address) {
  if (secret.empty()) return;
  address.secrets.emplace_back(secret);
  std::string plain = percent_decoded(secret);
  if (plain != secret) address.secrets.push_back(std::move(plain));
}

Result<DatabaseAddress> in_a_file(const std::string& address, const Scheme& scheme) {
  DatabaseAddress parsed{.kind = scheme.kind, .driver = std::string(scheme.driver), .shown = address};
  std::string path = address.substr(scheme.prefix.size());
  if (path.empty()) {
    return Error{ErrorCode::kUsage, "no file is named", address,
                 std::string(scheme.prefix) + "FILE, or " + std::string(scheme.prefix) + ":memory:"};
  }
  const bool in_memory = path == ":memory:";
  if (!in_memory) parsed.file = path;
  if (scheme.kind == DatabaseKind::kSqlite) {
    // Opened so that nothing can be written, whatever the statement.
    parsed.options = {{"uri", in_memory ? path : "file:" + percent_encoded(path) + "?mode=ro"}};
  } else {
    parsed.options = {{"path", path}};
    if (!in_memory) parsed.options.emplace_back("access_mode", "READ_ONLY");
  }
  return parsed;
}

void tell_postgres(std::string_view plain, const std::string& password, DatabaseAddress& parsed) {
  std::string uri(plain);
  const auto add = [&uri](std::string_view name, std::string_view value) {
    if (uri.find(std::string(name) + "=") != std::string::npos) return;
    uri += (uri.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" + std::string(value);
  };
  add("application_name", "promfill");
  add("connect_timeout", "10");
  if (!password.empty()) add("password", percent_encoded(password));
  parsed.options = {{"uri", std::move(uri)}};
}

}  // namespace

std::string DatabaseAddress::without_secrets(std::string text) const {
  for (const std::string& secret : secrets) {
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size())) {
      text.replace(at, secret.size(), kHidden);
    }
  }
  return text;
}

bool is_database_address(std::string_view text) { return scheme_of(text) != nullptr; }

Result<DatabaseAddress> parse_database_address(const std::string& address, const std::string& password) {
  const Scheme* const scheme = scheme_of(address);
  PROMFILL_ASSERT(scheme != nullptr);
  if (scheme->kind == DatabaseKind::kDuckDb || scheme->kind == DatabaseKind::kSqlite) {
    return in_a_file(address, *scheme);
  }
  DatabaseAddress parsed{.kind = scheme->kind, .driver = std::string(scheme->driver), .shown = address};
  const Authority authority = authority_of(std::string_view(address).substr(scheme->prefix.size()));
  const std::optional<Parameter> parameter = secret_parameter(address);
  if (!password.empty() && (parameter || !authority.password.empty())) {
    return Error{ErrorCode::kUsage, "a password is in the address, too", "--secret-file", "say it in one place"};
  }
  hide(authority.password, parsed);
  hide(password, parsed);
  if (parameter) {
    hide(std::string_view(address).substr(parameter->begin, parameter->end - parameter->begin), parsed);
    parsed.shown.replace(parameter->begin, parameter->end - parameter->begin, kHidden);
  }
  if (!authority.password.empty()) {
    const auto at = static_cast<std::size_t>(authority.password.data() - address.data());
    parsed.shown.replace(at, authority.password.size(), kHidden);
  }
  if (scheme->kind == DatabaseKind::kPostgres) {
    tell_postgres(address, password, parsed);
  } else if (scheme->kind == DatabaseKind::kFlightSql) {
    parsed.options = {{"uri", std::string(scheme->prefix) + std::string(authority.rest)}};
    const std::string given = password.empty() ? percent_decoded(authority.password) : password;
    if (!authority.user.empty()) {
      parsed.options.emplace_back("username", percent_decoded(authority.user));
      parsed.options.emplace_back("password", given);
    } else if (!given.empty()) {
      parsed.options.emplace_back("adbc.flight.sql.authorization_header", "Bearer " + given);
    }
  } else {
    parsed.options = {{"uri", address}};
    if (!password.empty()) parsed.options.emplace_back("password", password);
  }
  // Longest first: a secret may be a part of another.
  std::ranges::sort(parsed.secrets, std::ranges::greater{}, &std::string::size);
  return parsed;
}

}  // namespace promfill

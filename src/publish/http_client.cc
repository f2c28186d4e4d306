// See http_client.h.
#include "publish/http_client.h"

#define CURL_DISABLE_TYPECHECK  // whose macros would take the place of our members
#include <curl/curl.h>
#include <dlfcn.h>

#include <chrono>
#include <thread>
#include <type_traits>

namespace promfill {
namespace {

constexpr std::size_t kAnswerBytesMax = 512ULL << 20;
constexpr long kConnectSeconds = 10;
constexpr long kAnswerSeconds = 150;  // the server ends queries after two minutes by default
constexpr int kAttempts = 3;
constexpr long kTooManyRequests = 429;
constexpr long kServerErrors = 500;

/// libcurl, loaded when a server is first spoken to: linked, it and its thirty libraries would take 6 MiB of every
/// process, imports within 64 MiB among them.
struct Curl {
  /// Null where it isn't installed.
  static const Curl* get() {
    static const Curl curl;
    return curl.is_complete ? &curl : nullptr;
  }

  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_escape) easy_escape = nullptr;
  decltype(&curl_free) free = nullptr;
  bool is_complete = false;

 private:
  Curl() {
    void* const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    is_complete = true;
    const auto find = [&](const char* name, auto& function) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
      is_complete = is_complete && function != nullptr;
    };
    find("curl_easy_init", easy_init);
    find("curl_easy_cleanup", easy_cleanup);
    find("curl_easy_reset", easy_reset);
    find("curl_easy_setopt", easy_setopt);
    find("curl_easy_perform", easy_perform);
    find("curl_easy_getinfo", easy_getinfo);
    find("curl_easy_strerror", easy_strerror);
    find("curl_easy_escape", easy_escape);
    find("curl_free", free);
    decltype(&curl_global_init) global_init = nullptr;
    find("curl_global_init", global_init);
    if (is_complete) global_init(CURL_GLOBAL_DEFAULT);
  }
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  const std::size_t bytes = size * count;
  if (body.size() + bytes > kAnswerBytesMax) return 0;  // curl then fails
  body.append(data, bytes);
  return bytes;
}

/// "http://user:password@host/x" without what stands before the @.
std::string without_credentials(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = url.find('/', host);
  const std::size_t at = url.substr(0, path).rfind('@');
  return at == std::string::npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

bool is_worth_another(const Result<HttpAnswer>& answer) {
  return !answer || answer->status == kTooManyRequests || answer->status >= kServerErrors;
}

}  // namespace

struct HttpClient::Handle {
  explicit Handle(const Curl& library) : api(library), curl(library.easy_init()) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { api.easy_cleanup(curl); }

  const Curl& api;
  CURL* curl;
};

HttpClient::HttpClient(std::unique_ptr<Handle> handle, std::string url, std::string shown)
    : handle_(std::move(handle)), url_(std::move(url)), shown_(std::move(shown)) {}
HttpClient::HttpClient(HttpClient&& other) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&& other) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::create(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Error{ErrorCode::kUsage, "not a URL of a server", "--server", "such as http://localhost:9090"};
  }
  const Curl* const curl = Curl::get();
  if (curl == nullptr) {
    return Error{ErrorCode::kIo, "libcurl.so.4 can't be loaded, which speaks to the server", "--server",
                 "install it: Debian's package is libcurl4"};
  }
  auto handle = std::make_unique<Handle>(*curl);
  PROMFILL_ASSERT(handle->curl != nullptr);
  std::string trimmed = url;
  while (trimmed.ends_with('/')) trimmed.pop_back();
  std::string shown = without_credentials(trimmed);
  return HttpClient(std::move(handle), std::move(trimmed), std::move(shown));
}

Result<HttpAnswer> HttpClient::send_once(const std::string& path, const std::string* form) {
  const Curl& api = handle_->api;
  CURL* const curl = handle_->curl;
  HttpAnswer answer;
  api.easy_reset(curl);
  const std::string url = url_ + path;
  api.easy_setopt(curl, CURLOPT_URL, url.c_str());
  api.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  api.easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  api.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  api.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  api.easy_setopt(curl, CURLOPT_TIMEOUT, kAnswerSeconds);
  api.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  api.easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (form != nullptr) {
    api.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(form->size()));
    api.easy_setopt(curl, CURLOPT_POSTFIELDS, form->c_str());
  }
  const CURLcode code = api.easy_perform(curl);
  if (code != CURLE_OK) {
    return Error{ErrorCode::kIo, std::string("ask the server: ") + api.easy_strerror(code), shown_ + path,
                 "is it running, and at this address?"};
  }
  api.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

Result<HttpAnswer> HttpClient::send(const std::string& path, const std::string* form) {
  auto pause = std::chrono::milliseconds(250);
  for (int attempt = 1;; ++attempt, pause *= 4) {
    Result<HttpAnswer> answer = send_once(path, form);
    if (!is_worth_another(answer) || attempt == kAttempts) return answer;
    std::this_thread::sleep_for(pause);
  }
}

Result<HttpAnswer> HttpClient::get(const std::string& path) { return send(path, nullptr); }

Result<HttpAnswer> HttpClient::post(const std::string& path, const HttpForm& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    char* const escaped = handle_->api.easy_escape(handle_->curl, value.data(), static_cast<int>(value.size()));
    PROMFILL_ASSERT(escaped != nullptr);
    text += (text.empty() ? "" : "&") + name + "=" + escaped;
    handle_->api.free(escaped);
  }
  return send(path, &text);
}

}  // namespace promfill

// See http_client.h.
#include "publish/http_client.h"

#include <curl/curl.h>

#include <chrono>
#include <mutex>
#include <thread>

namespace promfill {
namespace {

constexpr std::size_t kAnswerBytesMax = 512ULL << 20;
constexpr long kConnectSeconds = 10;
constexpr long kAnswerSeconds = 150;  // the server ends queries after two minutes by default
constexpr int kAttempts = 3;
constexpr long kTooManyRequests = 429;
constexpr long kServerErrors = 500;

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
  Handle() : curl(curl_easy_init()) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(curl); }

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
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  auto handle = std::make_unique<Handle>();
  PROMFILL_ASSERT(handle->curl != nullptr);
  std::string trimmed = url;
  while (trimmed.ends_with('/')) trimmed.pop_back();
  std::string shown = without_credentials(trimmed);
  return HttpClient(std::move(handle), std::move(trimmed), std::move(shown));
}

Result<HttpAnswer> HttpClient::send_once(const std::string& path, const std::string* form) {
  CURL* const curl = handle_->curl;
  HttpAnswer answer;
  curl_easy_reset(curl);
  const std::string url = url_ + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kAnswerSeconds);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (form != nullptr) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(form->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form->c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    return Error{ErrorCode::kIo, std::string("ask the server: ") + curl_easy_strerror(code), shown_ + path,
                 "is it running, and at this address?"};
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
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
    char* const escaped = curl_easy_escape(handle_->curl, value.data(), static_cast<int>(value.size()));
    PROMFILL_ASSERT(escaped != nullptr);
    text += (text.empty() ? "" : "&") + name + "=" + escaped;
    curl_free(escaped);
  }
  return send(path, &text);
}

}  // namespace promfill

// Callback<R(Args...)>: something to call later. What std::function is, for the few places here that need it, at a
// fraction of what its header costs every program that includes the library.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// See Callback<R(Args...)>.
template <typename Signature>
class Callback;

/// A function, a lambda or a std::function, or nothing. Copies share what was given: its state is one.
template <typename R, typename... Args>
class Callback<R(Args...)> {
 public:
  /// Nothing.
  Callback() = default;
  /// Whatever can be called so. A null pointer and an empty std::function are nothing.
  template <typename F>
    requires(!std::same_as<std::remove_cvref_t<F>, Callback>) && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>
  Callback(F&& function) {  // NOLINT(google-explicit-constructor)
    using Kept = std::decay_t<F>;
    if constexpr (std::is_pointer_v<std::remove_reference_t<F>>) {
      if (function == nullptr) return;
    } else if constexpr (requires { function.operator bool(); }) {
      if (!function) return;
    }
    state_ = std::make_shared<Kept>(std::forward<F>(function));
    call_ = [](void* state, Args... args) -> R { return (*static_cast<Kept*>(state))(std::forward<Args>(args)...); };
  }

  /// Whether there is something to call.
  explicit operator bool() const { return call_ != nullptr; }
  /// @pre  there is something.
  R operator()(Args... args) const { return call_(state_.get(), std::forward<Args>(args)...); }

 private:
  std::shared_ptr<void> state_{};
  R (*call_)(void* state, Args... args) = nullptr;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill

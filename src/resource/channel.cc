// See promfill/channel.h.
#include "promfill/channel.h"

#include <condition_variable>
#include <mutex>

namespace promfill {
inline namespace PROMFILL_ABI {

struct WaitingRoom::State {
  std::mutex mutex;
  std::condition_variable_any sender;  // `any`: those who wait for a stop token, too
  std::condition_variable_any receiver;

  std::condition_variable_any& of(Side side) { return side == Side::kSender ? sender : receiver; }
};

WaitingRoom::WaitingRoom() : state_(std::make_unique<State>()) {}
WaitingRoom::~WaitingRoom() = default;

void WaitingRoom::lock() { state_->mutex.lock(); }
void WaitingRoom::unlock() { state_->mutex.unlock(); }

bool WaitingRoom::wait(Side side, const std::stop_token& stop, bool (*ready)(const void*), const void* asked) {
  return state_->of(side).wait(state_->mutex, stop, [&] { return ready(asked); });
}

void WaitingRoom::wake_one(Side side) { state_->of(side).notify_one(); }

void WaitingRoom::wake_all() {
  state_->sender.notify_all();
  state_->receiver.notify_all();
}

}  // namespace PROMFILL_ABI
}  // namespace promfill

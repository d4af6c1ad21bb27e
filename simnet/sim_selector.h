// The readiness of one simulated host's descriptors.
//
// Whatever has descriptors on the host (`SimNetwork`) tells it what is open
// and what each descriptor is ready for; a loop asks with Select. Ready
// descriptors come in ascending order.
//
// In a `Simulation` a loop asks only Select(0): the simulation moves time, and
// it alone knows what the other hosts do. `DriveAlone` is for a loop alone:
// then Select makes the events happen and jumps over the time between.
//
// Thread-safety: Wake may be called from any thread.
#ifndef RONDO_SIMNET_SIM_SELECTOR_H_
#define RONDO_SIMNET_SIM_SELECTOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "rondo/runtime/selector.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/virtual_clock.h"

namespace rondo {

class ReadinessListener {
 public:
  // Some descriptor is ready, and none was before.
  virtual void OnReady() = 0;

 protected:
  ~ReadinessListener() = default;
};

class SimSelector final : public Selector {
 public:
  SimSelector() = default;
  SimSelector(const SimSelector&) = delete;
  SimSelector& operator=(const SimSelector&) = delete;

  // Selector. Register and Modify throw std::system_error as epoll does
  // (EBADF, EEXIST, ENOENT); Unregister of a descriptor that was closed, and
  // so left by itself, does nothing.
  void Register(int fd, unsigned events) override;
  void Modify(int fd, unsigned events) override;
  void Unregister(int fd) override;
  // Throws: std::logic_error for a wait that nobody drives; DeadlockError when
  // driven alone, without a timeout, with nothing under way.
  std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) override;
  void Wake() override {
    woken_.store(true, std::memory_order_release);
    if (any_woken_ != nullptr) any_woken_->store(true);
  }

  // True if Select would return at once: something is ready or Wake was
  // called.
  bool HasReady() const {
    return ready_count_ != 0 || woken_.load(std::memory_order_acquire);
  }

  // Wake also sets `*any_woken`, and `listener` learns when descriptors begin
  // to be ready. Both outlive the selector.
  void Tell(ReadinessListener* listener, std::atomic<bool>* any_woken) {
    listener_ = listener;
    any_woken_ = any_woken;
  }

  // For those who own descriptors. Open: `fd` exists from now on, ready for
  // nothing. SetReadiness: what it is ready for. Closed: it is gone, and its
  // registration with it.
  void Open(int fd);
  void SetReadiness(int fd, unsigned mask);
  void Closed(int fd);

  // From now on Select waits: it pops the events of `queue`, lets them happen
  // and advances `time`. Both outlive the selector.
  void DriveAlone(EventQueue& queue, VirtualTime& time) {
    queue_ = &queue;
    time_ = &time;
  }

 private:
  struct Descriptor {
    std::uint8_t interest = 0;
    std::uint8_t readiness = 0;
    bool open = false;
  };

  Descriptor& Find(int fd);
  void Update(int fd, const Descriptor& descriptor);
  void Collect();
  void WaitAlone(std::optional<Nanoseconds> timeout);

  std::vector<Descriptor> descriptors_;    // By fd.
  std::vector<std::uint64_t> ready_bits_;  // A bit an fd.
  std::size_t ready_count_ = 0;
  std::vector<ReadyEvent> ready_;
  std::atomic<bool> woken_ = false;
  std::atomic<bool>* any_woken_ = nullptr;
  ReadinessListener* listener_ = nullptr;
  EventQueue* queue_ = nullptr;
  VirtualTime* time_ = nullptr;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_SIM_SELECTOR_H_

// A port of a loop without its type: see ingress.h for the contract.
//
// The loop's end and every sender share it. What comes in waits in the loop's
// inbox like any call from another thread; its handle runs, puts the value into
// the port, and wakes the first who waits.
//
// Thread-safety: as it says; else the loop's thread only.
#ifndef RONDO_RUNTIME_PORT_H_
#define RONDO_RUNTIME_PORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/remote_loop.h"
#include "rondo/runtime/waiters.h"

namespace rondo::internal {

class PortRegistry;

class Port : public std::enable_shared_from_this<Port> {
 public:
  Port(LoopCore* core, std::string_view name);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  // Makes it known to the loop by its name.
  // Throws: ValueError for a name that an open port has, or with a '#' in it;
  // RuntimeError if the loop is closed.
  void Open(LoopCore* core);
  // No value comes in any more; those that have are dropped.
  void Close();

  // "commands"; opened for the second time, "commands#2".
  const std::string& name() const { return name_; }

  // Takes a value as a trace has it. Throws: what the codec throws.
  virtual void Feed(std::string_view payload) = 0;

  // ---- Any thread.

  // Has the loop call `arrive`, unless the port is closed (false).
  bool Post(absl::AnyInvocable<void()> arrive, std::string payload);
  // Whether payloads are of any use.
  bool recorded() const { return recorded_; }

  // ---- Waiting. Who was woken has a value reserved.

  // Values for which nobody was woken.
  std::size_t available() const { return count() - reserved_; }
  WaiterList& waiters() { return waiters_; }
  // Wakes the first who waits, if there is a value for it.
  void WakeNext() {
    if (available() > 0 && waiters_.WakeNext()) ++reserved_;
  }
  // One who was woken runs.
  void EndReservation() { --reserved_; }

 protected:
  virtual std::size_t count() const = 0;
  virtual void DropValues() = 0;
  // On the loop's thread, so that it cannot be closed meanwhile.
  bool is_open() const { return open_; }

 private:
  const RemoteLoop remote_;
  const bool watched_;
  const bool recorded_;
  std::string name_;
  Identity id_ = 0;
  std::weak_ptr<PortRegistry> registry_;

  std::mutex mutex_;
  bool open_ = false;       // Written under the mutex, by the loop's thread.
  std::uint64_t sent_ = 0;  // Under the mutex.

  WaiterList waiters_{"a port"};
  std::size_t reserved_ = 0;
};

// The open port of that name, or null.
std::shared_ptr<Port> FindPort(LoopCore* core, std::string_view name);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_PORT_H_

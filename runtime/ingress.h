// Ingress<T>: a port for values that other threads send into a loop.
//
//   rondo::Ingress<std::string> lines("lines");
//   std::thread reader([sender = lines.sender()] {
//     for (std::string l; std::getline(std::cin, l);) sender.Send(l);
//   });
//   for (;;) Handle(co_await lines.Receive());
//
// Unlike a function that is passed to CallSoonThreadsafe, a value can be
// written down: every one that arrives is announced to the loop's observer as
// its codec writes it (port_codec.h), and can be fed to the port again, in a
// replay or by a simulation's script (Host::Inject), instead of by the thread.
//
// Values come in the order in which they were sent. Those who receive are
// served first come, first served. A port must outlive its waiters.
//
// Thread-safety: the loop's thread, but for senders: any thread, also after
// port and loop are gone.
#ifndef RONDO_RUNTIME_INGRESS_H_
#define RONDO_RUNTIME_INGRESS_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/port.h"
#include "rondo/runtime/port_codec.h"
#include "rondo/runtime/waiters.h"

namespace rondo {
namespace internal {

template <class T, class Codec>
class PortState final : public Port {
 public:
  using Port::Port;

  void Feed(std::string_view payload) override {
    Send(Codec::Decode(payload), std::string(payload));
  }
  bool Send(T value) {
    std::string payload = recorded() ? Codec::Encode(value) : std::string();
    return Send(std::move(value), std::move(payload));
  }
  T Take() {
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

  std::size_t count() const override { return values_.size(); }

 private:
  bool Send(T value, std::string payload) {
    return Post(
        [self = std::static_pointer_cast<PortState>(shared_from_this()),
         v = std::move(value)]() mutable { self->Arrive(std::move(v)); },
        std::move(payload));
  }
  void Arrive(T value) {
    if (!is_open()) return;
    values_.push_back(std::move(value));
    WakeNext();
  }
  void DropValues() override { values_.clear(); }

  std::deque<T> values_;
};

template <class T, class Codec>
class ReceiveAwaiter : public WaiterAwaiter {
 public:
  ReceiveAwaiter(PortState<T, Codec>* port, std::source_location where)
      : WaiterAwaiter(where), port_(port) {}

  bool await_ready() {
    if (port_->available() > 0) return true;
    Enter(port_->waiters());
    return false;
  }
  T await_resume() {
    if (waited()) {
      if (!Leave()) ThrowGone();
      if (Woken()) {
        port_->EndReservation();
        if (Interrupted()) port_->WakeNext();
      }
      Settle();
    }
    return port_->Take();
  }

 private:
  PortState<T, Codec>* port_;
};

}  // namespace internal

template <class T, class Codec = PortCodec<T>>
class Ingress {
  using State = internal::PortState<T, Codec>;

 public:
  class Sender {
   public:
    // Returns false, and drops the value, if the port or its loop is closed.
    bool Send(T value) const { return state_->Send(std::move(value)); }

   private:
    friend class Ingress;
    explicit Sender(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
  };

  // Opens a port of the running loop, or of `loop`. Its name is what traces and
  // scripts call it. Throws: ValueError if a port of that name is open;
  // RuntimeError without a loop.
  explicit Ingress(std::string_view name)
      : Ingress(internal::RunningCore(), name) {}
  Ingress(EventLoop& loop, std::string_view name)
      : Ingress(loop.core(), name) {}
  Ingress(const Ingress&) = delete;
  Ingress& operator=(const Ingress&) = delete;
  // Closes it: what has not been received is dropped.
  ~Ingress() { state_->Close(); }

  Sender sender() const { return Sender(state_); }

  // The next value; waits for it.
  // Cancellation: no value is taken, none is lost. Throws: CancelledError;
  // RuntimeError if it must wait and tasks of another loop have waited.
  auto Receive() {
    using Awaiter = internal::ReceiveAwaiter<T, Codec>;
    return internal::PrimitiveAwaitable<Awaiter, State>(state_.get());
  }
  // The next value, if it is there and nobody waits for it.
  std::optional<T> TryReceive() {
    if (state_->available() == 0) return std::nullopt;
    return state_->Take();
  }

  // How many values have arrived and were not received.
  std::size_t size() const { return state_->count(); }
  const std::string& name() const { return state_->name(); }

 private:
  Ingress(internal::LoopCore* core, std::string_view name)
      : state_(std::make_shared<State>(core, name)) {
    state_->Open(core);
  }

  std::shared_ptr<State> state_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_INGRESS_H_

// What the transports of stream and datagram sockets have in common: how they
// begin, watch their descriptor, and end.
//
// Source: asyncio.selector_events._SelectorTransport.
#ifndef RONDO_RUNTIME_SELECTOR_TRANSPORT_H_
#define RONDO_RUNTIME_SELECTOR_TRANSPORT_H_

#include <any>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/ends_with_loop.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/flow_control.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

// `Interface` is Transport or DatagramTransport.
template <class Interface>
class SelectorTransport
    : public Interface,
      private EndsWithLoop,
      public std::enable_shared_from_this<SelectorTransport<Interface>> {
 public:
  void Close() override;
  bool is_closing() const override { return closing_; }
  void Abort() override { ForceClose(nullptr); }
  std::any GetExtraInfo(std::string_view name) const override;

  void SetWriteBufferLimits(WriteBufferLimits limits) override;
  WriteBufferLimits GetWriteBufferLimits() const override {
    return flow_.limits();
  }

  int fd() const { return socket_.fd(); }
  LoopCore* loop() const { return core_; }

 protected:
  // Takes over a socket of the running loop.
  explicit SelectorTransport(Socket socket);
  ~SelectorTransport() override;

  // Nobody is told of anything any more, and the socket has ended too.
  void LoopEnded() override;

  // Queues ConnectionMade, the begin of reading, and the completion of
  // `waiter`, which may be empty.
  void QueueStart(const Future<>& waiter);

  // ---- What it is of.

  virtual void ConnectionMade() = 0;
  virtual bool wants_reading() const { return !closing_; }
  // The descriptor is ready.
  virtual void ReadReady() = 0;
  virtual void WriteReady() = 0;
  virtual void DropBuffer() = 0;
  virtual BaseProtocol* protocol() const = 0;  // Null once it is lost.
  // The end: tells the protocol, and lets it go.
  virtual void Lose(std::exception_ptr error) = 0;
  virtual void LetProtocolGo() = 0;

  // ---- For it.

  // Queues something of the transport's own. It is not overtaken by what else
  // befalls the descriptor, in no order that a real loop could have.
  template <class F>
  void Queue(F&& callback, HandleKind kind, std::string_view name) {
    core_->Push(core_->NewOrderedCallback(std::forward<F>(callback), kind, name,
                                          order_key_));
  }
  void AddReader();
  void AddWriter();
  void RemoveReader();
  void RemoveWriter();

  // Counts a write after the end.
  void NoteLateWrite();

  // "what:SOCKET", if somebody watches.
  std::string Label(std::string_view what) const;
  std::exception_ptr ErrorOf(SysResult result, std::string_view call) const {
    return std::make_exception_ptr(SocketError(result, call, peer_.ToString()));
  }

  // Calls `f`, something of the protocol's; false if it has thrown, which
  // breaks the connection.
  template <class F>
  bool Guard(std::string_view message, F&& f) {
    try {
      f();
      return true;
    } catch (const LoopExit&) {
      throw;
    } catch (...) {  // tidy: allow(catch-all) told to the protocol and handler
      Fail(std::current_exception(), message);
      return false;
    }
  }
  // Breaks the connection; tells the exception handler unless it is the
  // system's error.
  void Fail(std::exception_ptr error, std::string_view message);
  void ForceClose(std::exception_ptr error);
  // The protocol learns of the end in a later iteration, or now.
  void QueueConnectionLost(std::exception_ptr error);
  void CallConnectionLost(std::exception_ptr error);
  // Closes the socket, and lets the protocol go.
  void Release();

  // The socket's own address, which is asked for when somebody wants it: at the
  // latest before it closes.
  const SocketAddress& Local() const;

  LoopCore* const core_;
  Network* const network_;
  Socket socket_;
  FlowControl flow_;
  SocketAddress peer_;
  bool no_delay_ = false;     // The option is known to be set.
  const Identity order_key_;  // 0 if nobody watches.
  int lost_ = 0;  // Since then: how many writes there were, and one.
  bool closing_ = false;

 private:
  void QueueLoss(std::exception_ptr error);

  mutable std::optional<SocketAddress> local_;
  bool made_ = false;  // ConnectionMade has been called.
};

extern template class SelectorTransport<Transport>;
extern template class SelectorTransport<DatagramTransport>;

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_SELECTOR_TRANSPORT_H_

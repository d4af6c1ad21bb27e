// The transport of a connected stream socket.
//
// Source: asyncio.selector_events._SelectorSocketTransport, iteration by
// iteration.
#ifndef RONDO_RUNTIME_SOCKET_TRANSPORT_H_
#define RONDO_RUNTIME_SOCKET_TRANSPORT_H_

#include <any>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rondo/runtime/byte_queue.h"
#include "rondo/runtime/flow_control.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

// Who counts a server's connections.
class ConnectionOwner {
 public:
  virtual void Attach(Transport* transport) = 0;
  virtual void Detach(Transport* transport) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class SocketTransport final
    : public Transport,
      public std::enable_shared_from_this<SocketTransport> {
 public:
  // Takes over a connected socket of the running loop. Queues ConnectionMade,
  // the begin of reading, and the completion of `waiter`, in this order.
  // `waiter` and `owner` may be empty.
  static std::shared_ptr<SocketTransport> Start(
      Socket socket, std::shared_ptr<Protocol> protocol, Future<> waiter = {},
      std::shared_ptr<ConnectionOwner> owner = nullptr);

  // For Start.
  SocketTransport(Socket socket, std::shared_ptr<Protocol> protocol,
                  std::shared_ptr<ConnectionOwner> owner);
  ~SocketTransport() override;

  void Close() override;
  bool is_closing() const override { return closing_; }
  void Abort() override { ForceClose(nullptr); }
  std::any GetExtraInfo(std::string_view name) const override;

  void SetWriteBufferLimits(WriteBufferLimits limits) override;
  WriteBufferLimits GetWriteBufferLimits() const override {
    return flow_.limits();
  }
  std::size_t GetWriteBufferSize() const override { return buffer_.size(); }

  bool is_reading() const override { return !closing_ && !paused_; }
  void PauseReading() override;
  void ResumeReading() override;

  void Write(std::span<const char> data) override;
  void WriteLines(std::span<const std::span<const char>> lines) override;
  void WriteEof() override;
  bool can_write_eof() const override { return true; }

  void SetProtocol(std::shared_ptr<Protocol> protocol) override;
  std::shared_ptr<Protocol> GetProtocol() const override { return protocol_; }

  int fd() const { return socket_.fd(); }
  LoopCore* loop() const { return core_; }

  // ---- Sending a file: no Write may come between.

  // Done when the buffer is empty; fails if the connection is lost. Throws:
  // RuntimeError if a file is being sent already.
  Future<> BeginSendFile();
  void EndSendFile() { empty_waiter_ = Future<>(); }

 private:
  void StartReading();
  void AddReader();
  void AddWriter();
  void ReadReady();
  void ReadIntoBuffer(BufferedProtocol* protocol);
  void ReadAndPass();
  // Whether bytes came.
  bool HasRead(SysResult result);
  void EndOfFile();
  void WriteReady();
  void Flushed();

  // Throws: RuntimeError where nothing may be written; false: nobody would
  // ever see it.
  bool MayWrite(std::string_view call);
  // Sends what the kernel takes of the buffer. False: the connection is lost.
  bool SendBuffer();

  std::string Label(std::string_view what) const;
  std::exception_ptr ErrorOf(SysResult result, std::string_view call) const;
  // Breaks the connection; tells the exception handler unless it is the
  // system's error.
  void Fail(std::exception_ptr error, std::string_view message);
  // Calls `f`, a method of the protocol; false if it has thrown.
  template <class F>
  bool Guard(std::string_view message, F&& f);
  void ForceClose(std::exception_ptr error);
  void QueueConnectionLost(std::exception_ptr error);
  void CallConnectionLost(std::exception_ptr error);

  LoopCore* core_;
  Network* network_;
  Socket socket_;
  std::shared_ptr<Protocol> protocol_;
  BufferedProtocol* buffered_ = nullptr;  // The protocol, if it is one.
  std::shared_ptr<ConnectionOwner> owner_;
  FlowControl flow_;
  ByteQueue buffer_;
  Future<> empty_waiter_;
  SocketAddress local_;
  SocketAddress peer_;
  int lost_ = 0;  // Since then: how many writes there were, and one.
  bool closing_ = false;
  bool paused_ = false;
  bool ended_ = false;  // The peer sends no more.
  bool eof_ = false;    // WriteEof was called.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_SOCKET_TRANSPORT_H_

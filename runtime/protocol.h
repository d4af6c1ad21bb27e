// Protocols: what a program does with the events of a transport.
//
//   class Echo : public rondo::Protocol {
//    public:
//     void ConnectionMade(std::shared_ptr<rondo::Transport> t) override {
//       transport_ = std::move(t);
//     }
//     void DataReceived(std::span<const char> data) override {
//       transport_->Write(data);
//     }
//
//    private:
//     std::shared_ptr<rondo::Transport> transport_;
//   };
//
// A transport owns its protocol until ConnectionLost has returned; a protocol
// that keeps its transport makes a circle that is broken then, or by the end of
// the loop.
//
// ConnectionMade is called once, then everything else, ConnectionLost last and
// exactly once. PauseWriting and ResumeWriting alternate, and are called from
// inside Write and from the callbacks of the loop. What a method throws breaks
// the connection and is reported to the loop's exception handler; what the two
// throw is reported only.
//
// Thread-safety: the loop's thread.
// Source: asyncio.protocols.
#ifndef RONDO_RUNTIME_PROTOCOL_H_
#define RONDO_RUNTIME_PROTOCOL_H_

#include <cstddef>
#include <exception>
#include <memory>
#include <span>

#include "rondo/runtime/socket_address.h"

namespace rondo {

class BufferedProtocol;
class DatagramTransport;
class SubprocessTransport;
class Transport;

class BaseProtocol {
 public:
  virtual ~BaseProtocol() = default;

  // The connection is gone: by its own end or Close (null), or by an error.
  virtual void ConnectionLost(std::exception_ptr) {}

  // The write buffer has grown above the high-water mark; it has gone down to
  // the low-water mark.
  virtual void PauseWriting() {}
  virtual void ResumeWriting() {}
};

// Of a stream of bytes: a socket, a pipe, TLS.
class Protocol : public BaseProtocol {
 public:
  virtual void ConnectionMade(std::shared_ptr<Transport>) {}

  // At least one byte; `data` is valid until this returns.
  virtual void DataReceived(std::span<const char>) {}

  // The peer sends no more. True: the transport stays open for writing; false:
  // it closes itself.
  virtual bool EofReceived() { return false; }

  // This, if it is one.
  virtual BufferedProtocol* AsBuffered() { return nullptr; }
};

// The same, with buffers of the protocol's own: DataReceived is not called.
class BufferedProtocol : public Protocol {
 public:
  // Where the next bytes are to go: not empty, and valid until BufferUpdated
  // or ConnectionLost. `hint`: how much would be good, 0 if that is not known.
  virtual std::span<char> GetBuffer(std::size_t hint) = 0;
  // So many bytes are there.
  virtual void BufferUpdated(std::size_t n) = 0;
  // After BufferUpdated of a whole buffer: whether to read on at once, into
  // another one, rather than when the loop next says that there is more.
  virtual bool ReadsOn() const { return false; }

  BufferedProtocol* AsBuffered() final { return this; }
};

class DatagramProtocol : public BaseProtocol {
 public:
  virtual void ConnectionMade(std::shared_ptr<DatagramTransport>) {}
  // `data`, which may be empty, is valid until this returns.
  virtual void DatagramReceived(std::span<const char>, const SocketAddress&) {}
  // An earlier datagram could not be sent or received: std::system_error. The
  // transport goes on.
  virtual void ErrorReceived(std::exception_ptr) {}
};

class SubprocessProtocol : public BaseProtocol {
 public:
  virtual void ConnectionMade(std::shared_ptr<SubprocessTransport>) {}
  // The child has written to its descriptor `fd` (1 or 2).
  virtual void PipeDataReceived(int, std::span<const char>) {}
  // The pipe of `fd` (0, 1 or 2) is closed.
  virtual void PipeConnectionLost(int, std::exception_ptr) {}
  virtual void ProcessExited() {}
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_PROTOCOL_H_

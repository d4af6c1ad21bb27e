// The transport of a scripted socket: what CPython's tests of selector
// transports mock. The socket has descriptor 7, as theirs.
#ifndef RONDO_TESTS_CONFORMANCE_SOCKET_WORLD_H_
#define RONDO_TESTS_CONFORMANCE_SOCKET_WORLD_H_

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/socket_transport.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo::conformance {

inline std::string TextOf(std::span<const char> data) {
  return std::string(data.data(), data.size());
}

// What a protocol was told, by the names of the originals. The call that
// begins with `failing` throws.
class Calls {
 public:
  void Add(std::string call) {
    calls.push_back(call);
    if (failing.empty() || !call.starts_with(failing)) return;
    throw std::out_of_range("LookupError");
  }
  void AddLost(const std::exception_ptr& error) {
    Add(error == nullptr ? "connection_lost"
                         : "connection_lost " + DescribeException(error));
  }
  std::vector<std::string> Take() { return std::exchange(calls, {}); }

  std::vector<std::string> calls;
  std::string failing;
};

// P: Protocol or BufferedProtocol.
template <class P>
class ToldOf : public P {
 public:
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    told.Add("connection_made");
    if (on_made) on_made(*transport);
  }
  void DataReceived(std::span<const char> data) override {
    told.Add("data_received " + TextOf(data));
  }
  bool EofReceived() override {
    told.Add("eof_received");
    return keep_open;
  }
  void ConnectionLost(std::exception_ptr error) override {
    told.AddLost(error);
  }
  void PauseWriting() override { told.Add("pause_writing"); }
  void ResumeWriting() override { told.Add("resume_writing"); }

  Calls told;
  bool keep_open = false;
  std::function<void(Transport&)> on_made;
};

using Told = ToldOf<Protocol>;

class ToldBuffered final : public ToldOf<BufferedProtocol> {
 public:
  std::span<char> GetBuffer(std::size_t) override {
    told.Add("get_buffer");
    return std::span<char>(buffer).first(size);
  }
  void BufferUpdated(std::size_t n) override {
    told.Add("buffer_updated " + std::string(buffer.data(), n));
  }

  std::array<char, 16> buffer;
  std::size_t size = buffer.size();
};

// P: what the protocol is.
template <class P>
class SocketWorld : public ScriptedLoop {
 public:
  SocketWorld() = default;
  // Before the first call of the protocol.
  void Begin(const Future<>& waiter = {}) {
    Do([&] {
      transport =
          internal::SocketTransport::Start(Socket(kFd), protocol, waiter);
    });
  }
  // After it; the calls are forgotten.
  void Start() {
    Begin();
    Settle();
    protocol->told.Take();
    network.Calls();
  }

  // In an iteration.
  void Write(std::string_view data) {
    Do([&] { transport->Write(data); });
  }
  // "data" is buffered, because the network takes nothing.
  void Buffer(std::string_view data) {
    network.Next("send", -EAGAIN);
    Write(data);
    network.Calls();
  }
  std::size_t buffered() const { return transport->GetWriteBufferSize(); }
  std::vector<std::string> told() { return protocol->told.Take(); }

  std::shared_ptr<P> protocol = std::make_shared<P>();
  std::shared_ptr<internal::SocketTransport> transport;
};

// A world whose transport has begun.
template <class P>
class Started : public SocketWorld<P> {
 public:
  Started() { this->Start(); }
};

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_SOCKET_WORLD_H_

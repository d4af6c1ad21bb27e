// What ports of the tests of connections, servers and datagrams share.
#ifndef RONDO_TESTS_CONFORMANCE_ENDPOINTS_H_
#define RONDO_TESTS_CONFORMANCE_ENDPOINTS_H_

#include <stdlib.h>

#include <any>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/task.h"

namespace rondo::conformance {

// `MyProto` of the originals: goes through INITIAL, CONNECTED, EOF, CLOSED.
class MyProto final : public Protocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport> t) override {
    transport = std::move(t);
    state = "CONNECTED";
    if (!connected.done()) connected.SetResult();
  }
  void DataReceived(std::span<const char> data) override {
    nbytes += data.size();
  }
  bool EofReceived() override {
    state = "EOF";
    return false;
  }
  void ConnectionLost(std::exception_ptr) override {
    state = "CLOSED";
    transport = nullptr;
    if (!done.done()) done.SetResult();
  }

  std::shared_ptr<Transport> transport;
  std::string state = "INITIAL";
  std::size_t nbytes = 0;
  Future<> connected = CreateFuture();
  Future<> done = CreateFuture();
};
inline std::shared_ptr<Protocol> MakeMyProto() {
  return std::make_shared<MyProto>();
}

class MyDatagramProto final : public DatagramProtocol {
 public:
  void ConnectionMade(std::shared_ptr<DatagramTransport> t) override {
    transport = std::move(t);
    state = "INITIALIZED";
  }
  void DatagramReceived(std::span<const char> data,
                        const SocketAddress&) override {
    nbytes += data.size();
  }
  void ErrorReceived(std::exception_ptr error) override {
    errors.push_back(error);
  }
  void ConnectionLost(std::exception_ptr) override {
    state = "CLOSED";
    transport = nullptr;
    if (!done.done()) done.SetResult();
  }

  std::shared_ptr<DatagramTransport> transport;
  std::string state = "NEW";
  std::size_t nbytes = 0;
  std::vector<std::exception_ptr> errors;
  Future<> done = CreateFuture();
};
inline std::shared_ptr<DatagramProtocol> MakeMyDatagramProto() {
  return std::make_shared<MyDatagramProto>();
}

// Of `endpoint`, or a connection, that MakeMy... has made.
inline MyProto& ProtoOf(const Connection& connection) {
  return static_cast<MyProto&>(*connection.protocol);
}
inline MyDatagramProto& ProtoOf(const DatagramEndpoint& endpoint) {
  return static_cast<MyDatagramProto&>(*endpoint.protocol);
}

// `transport.get_extra_info(name)` of an address.
template <class T>
SocketAddress AddressInfo(const T& transport, std::string_view name) {
  return std::any_cast<SocketAddress>(transport.GetExtraInfo(name));
}

// A path for a Unix socket, short enough for one, where nothing is.
class UnixSocketPath {
 public:
  UnixSocketPath() : dir_("/tmp/rondo_XXXXXX") {
    if (mkdtemp(dir_.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), dir_);
    }
  }
  UnixSocketPath(const UnixSocketPath&) = delete;
  UnixSocketPath& operator=(const UnixSocketPath&) = delete;
  ~UnixSocketPath() { std::filesystem::remove_all(dir_); }

  std::string path() const { return dir_ + "/socket"; }
  bool exists() const { return std::filesystem::exists(path()); }

 private:
  std::string dir_;
};

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_ENDPOINTS_H_

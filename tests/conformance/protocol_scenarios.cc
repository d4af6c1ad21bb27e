// Transports, protocols and servers.
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

std::string String(std::span<const char> data) {
  return std::string(data.data(), data.size());
}

// ---- net_echo_protocol

class EchoProtocol final : public Protocol {
 public:
  explicit EchoProtocol(Env& env) : env_(env) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
    env_.Log("server connection_made at ", env_.t());
  }
  void DataReceived(std::span<const char> data) override {
    env_.Log("server got ", String(data), " at ", env_.t());
    transport_->Write(data);
  }
  bool EofReceived() override {
    env_.Log("server eof at ", env_.t());
    return false;
  }
  void ConnectionLost(std::exception_ptr error) override {
    env_.Log("server lost ", ExceptionText(error), " at ", env_.t());
    transport_.reset();
  }

 private:
  Env& env_;
  std::shared_ptr<Transport> transport_;
};

class ClientProtocol final : public Protocol {
 public:
  explicit ClientProtocol(Env& env) : env_(env) {}

  void ConnectionMade(std::shared_ptr<Transport>) override {
    env_.Log("client connection_made at ", env_.t());
  }
  void DataReceived(std::span<const char> data) override {
    received += String(data);
    if (need && received.size() >= 5) need.SetResult(received);
  }
  void ConnectionLost(std::exception_ptr error) override {
    lost.SetResult(error);
  }

  std::string received;
  Future<std::string> need;
  Future<std::exception_ptr> lost = CreateFuture<std::exception_ptr>();

 private:
  Env& env_;
};

Coro<> TalkToEcho(Env& env) {
  std::shared_ptr<ClientProtocol> protocol;
  ProtocolFactory factory = [&] {
    return protocol = std::make_shared<ClientProtocol>(env);
  };
  const Connection connection =
      co_await CreateConnection(std::move(factory), "10.0.0.1", 8000);
  env.Log("client connected at ", env.t());
  for (const char* text : {"hello", "bye!!"}) {
    protocol->received.clear();
    protocol->need = CreateFuture<std::string>();
    connection.transport->Write(std::string_view(text));
    const std::string data = co_await protocol->need;
    env.Log("client got ", data, " at ", env.t());
  }
  connection.transport->Close();
  const std::exception_ptr error = co_await protocol->lost;
  env.Log("client lost ", ExceptionText(error), " at ", env.t());
}

// An echo server and its client, as protocols.
Coro<> NetEchoProtocol(Env& env) {
  env.net().Configure(125ms);
  ProtocolFactory factory = [&env] {
    return std::make_shared<EchoProtocol>(env);
  };
  Server server = co_await CreateServer(std::move(factory), "10.0.0.1", 8000);
  env.Log("serving ", server.is_serving());
  co_await CreateTask(TalkToEcho(env), "CLIENT");
  co_await Sleep(500ms);
  server.Close();
  co_await server.WaitClosed();
  env.Log("end at ", env.t(), " serving=", server.is_serving());
}

// ---- net_flow_control

class PausedProtocol final : public Protocol {
 public:
  explicit PausedProtocol(Env& env) : env_(env) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  void PauseWriting() override {
    env_.Log("pause at ", env_.t(), " (buffer ",
             transport_->GetWriteBufferSize(), ")");
  }
  void ResumeWriting() override {
    env_.Log("resume at ", env_.t(), " (buffer ",
             transport_->GetWriteBufferSize(), ")");
  }
  void ConnectionLost(std::exception_ptr error) override {
    env_.Log("lost ", ExceptionText(error));
    lost.SetResult();
    transport_.reset();
  }

  Future<> lost = CreateFuture();

 private:
  Env& env_;
  std::shared_ptr<Transport> transport_;
};

// The write buffer's high and low water marks.
Coro<> NetFlowControl(Env& env) {
  env.net().Configure(0s, 8);
  std::array<int, 2> pair;
  env.net().SocketPair(SocketKind::kStream, &pair);
  Socket near(pair[0]);
  const Socket far(pair[1]);
  const auto protocol = std::make_shared<PausedProtocol>(env);
  ProtocolFactory factory = [protocol] { return protocol; };
  const Connection connection =
      co_await CreateConnection(std::move(factory), std::move(near));
  Transport& transport = *connection.transport;
  transport.SetWriteBufferLimits({.low = 4, .high = 16});
  const WriteBufferLimits limits = transport.GetWriteBufferLimits();
  env.Log("limits ", *limits.low, " ", *limits.high);
  for (const std::string& data :
       {std::string(8, 'a'), std::string(16, 'b'), std::string("c")}) {
    transport.Write(data);
    env.Log("wrote ", data.size(), " buffer ", transport.GetWriteBufferSize());
  }
  std::array<char, 8> chunk;
  std::size_t received = 0;
  while (received < 25) {
    const std::size_t n = co_await SockRecvInto(far.fd(), chunk);
    received += n;
    co_await Yield();
    env.Log("received ", String({chunk.data(), n}), " buffer ",
            transport.GetWriteBufferSize());
  }
  transport.Close();
  co_await protocol->lost;
  const std::size_t rest = co_await SockRecvInto(far.fd(), chunk);
  env.Log("then ", rest, " bytes");
}

// ---- net_server_close

Coro<> Finish(Env& env, Stream& stream) {
  co_await Sleep(1s);
  stream.Write(std::string_view("\n"));
  co_await stream.ReadAll();
  stream.Close();
  env.Log("F done at ", env.t());
}

Coro<> AnOpenConnectionStays(Env& env, ConnectionHandler handler) {
  Server server = co_await StartServer(std::move(handler), "10.0.0.1", 1);
  Stream stream = co_await OpenConnection("10.0.0.1", 1);
  co_await Sleep(250ms);
  server.Close();
  env.Log("1 serving=", server.is_serving(),
          " sockets=", server.addresses().size());
  try {
    co_await OpenConnection("10.0.0.1", 1);
  } catch (const std::system_error&) {
    env.Log("1 ", CaughtText());
  }
  const Task<> f = CreateTask(Finish(env, stream), "F");
  co_await server.WaitClosed();
  env.Log("1 wait_closed at ", env.t());
  co_await f;
}

// Close, WaitClosed and ServeForever.
Coro<> NetServerClose(Env& env) {
  env.net().Configure(0s);
  const ConnectionHandler handler = [&env](Stream stream) -> Coro<> {
    co_await stream.ReadLine();
    stream.Close();
    env.Log("handler closes at ", env.t());
  };
  co_await AnOpenConnectionStays(env, handler);

  Server server = co_await StartServer(handler, "10.0.0.1", 2);
  Task<> s = CreateTask(server.ServeForever(), "S");
  co_await Sleep(500ms);
  env.Log("2 serving=", server.is_serving());
  s.Cancel();
  std::vector<AnyFuture> ends = {s};
  co_await Wait(std::move(ends));
  env.Log("2 S ", StateText(s), " serving=", server.is_serving());

  Server third = co_await StartServer(handler, "10.0.0.1", 3);
  env.Log("3 serving=", third.is_serving());
  third.Close();
  co_await third.WaitClosed();
  env.Log("3 serving=", third.is_serving());
}

}  // namespace

Scenarios ProtocolScenarios() {
  return {{"net_echo_protocol", NetEchoProtocol},
          {"net_flow_control", NetFlowControl},
          {"net_server_close", NetServerClose}};
}

}  // namespace rondo::conformance

// Datagram endpoints.
#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/transport.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

std::string String(std::span<const char> data) {
  return std::string(data.data(), data.size());
}

// Answers a text only when it comes again.
class Answering final : public DatagramProtocol {
 public:
  explicit Answering(Env& env) : env_(env) {}

  void ConnectionMade(std::shared_ptr<DatagramTransport> transport) override {
    transport_ = std::move(transport);
  }
  void DatagramReceived(std::span<const char> data,
                        const SocketAddress& from) override {
    const std::string text = String(data);
    env_.Log("server got ", text, " at ", env_.t());
    if (!seen_.insert(text).second) transport_->SendTo("ack:" + text, from);
  }
  void ConnectionLost(std::exception_ptr) override {
    env_.Log("server lost");
    transport_.reset();
  }

 private:
  Env& env_;
  std::shared_ptr<DatagramTransport> transport_;
  std::set<std::string> seen_;
};

class Asking final : public DatagramProtocol {
 public:
  explicit Asking(Env& env) : env_(env) {}

  void DatagramReceived(std::span<const char> data,
                        const SocketAddress&) override {
    if (answer && !answer.done()) answer.SetResult(String(data));
  }
  void ConnectionLost(std::exception_ptr) override { env_.Log("client lost"); }

  Future<std::string> answer;

 private:
  Env& env_;
};

Coro<> Ask(Env& env, std::shared_ptr<DatagramTransport> transport,
           std::shared_ptr<Asking> protocol, std::string text) {
  for (;;) {
    protocol->answer = CreateFuture<std::string>();
    transport->SendTo(text, std::nullopt);
    try {
      const std::string answer = co_await WaitFor(protocol->answer, 500ms);
      env.Log("client got ", answer, " at ", env.t());
      co_return;
    } catch (const TimeoutError&) {
      env.Log("retry ", text, " at ", env.t());
    }
  }
}

// Ping-pong with lost answers and a retry timer.
Coro<> DatagramBasic(Env& env) {
  env.net().Configure(125ms);
  DatagramProtocolFactory factory = [&env] {
    return std::make_shared<Answering>(env);
  };
  const DatagramEndpoint server = co_await CreateDatagramEndpoint(
      std::move(factory), DatagramOptions::At("10.0.0.1", 53));
  const auto asking = std::make_shared<Asking>(env);
  factory = [asking] { return asking; };
  DatagramOptions options = DatagramOptions::To("10.0.0.1", 53);
  options.local = SocketAddress::IPv4({10, 0, 0, 2}, 1000);
  const DatagramEndpoint client =
      co_await CreateDatagramEndpoint(std::move(factory), std::move(options));
  co_await Ask(env, client.transport, asking, "a");
  co_await Ask(env, client.transport, asking, "b");
  client.transport->Close();
  server.transport->Close();
  co_await Yield();
  env.Log("end at ", env.t());
}

}  // namespace

Scenarios DatagramScenarios() { return {{"datagram_basic", DatagramBasic}}; }

}  // namespace rondo::conformance

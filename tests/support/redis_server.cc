#include "rondo/tests/support/redis_server.h"

#include <filesystem>
#include <string>
#include <vector>

#include "rondo/tests/support/program.h"

namespace rondo {
namespace {

using Words = std::vector<std::string>;

std::unique_ptr<PeerProcess> Start(const Words& tls, std::uint16_t* port) {
  const std::string directory = ScratchPath("redis");
  std::filesystem::create_directories(directory);
  const auto words = [&](std::uint16_t free) {
    Words all = {"redis-server", "--bind", "127.0.0.1",
                 "--save",       "",       "--appendonly",
                 "no",           "--dir",  directory,
                 "--daemonize",  "no"};
    const std::string number = std::to_string(free);
    if (tls.empty()) {
      all.insert(all.end(), {"--port", number});
    } else {
      all.insert(all.end(), {"--port", "0", "--tls-port", number});
      all.insert(all.end(), tls.begin(), tls.end());
    }
    return all;
  };
  return StartPeer(words, "Ready to accept connections", port);
}

}  // namespace

RedisServer::RedisServer() : process_(Start({}, &port_)) {}

RedisServer::RedisServer(const TestIdentity& identity) {
  const std::string certificate = ScratchPath("redis.pem");
  const std::string key = ScratchPath("redis.key");
  WriteFile(certificate, identity.certificate);
  WriteFile(key, identity.key);
  process_ =
      Start({"--tls-cert-file", certificate, "--tls-key-file", key,
             "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"},
            &port_);
}

}  // namespace rondo

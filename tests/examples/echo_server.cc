// An echo server: try `nc 127.0.0.1 8888`.
#include <array>
#include <cstddef>

#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/streams.h"

// [begin]
// Serves one client until it closes its end. The stream closes when this
// returns, whether normally, by error, or by cancellation.
rondo::Coro<> Echo(rondo::Stream stream) {
  std::array<char, 4096> buffer;
  while (std::size_t n = co_await stream.Read(buffer)) {  // 0: end of file.
    co_await stream.WriteAll({buffer.data(), n});  // Waits for back-pressure.
  }
}

rondo::Coro<> Serve() {
  rondo::Server server = co_await rondo::StartServer(Echo, "127.0.0.1", 8888);
  co_await server.ServeForever();
}

int main() { rondo::Run(Serve()); }
// [end]

// A simulated pipe: Linux's ring of 16 pages.
//
// Every write begins on a page of its own, except that the part which does not
// fill a page goes to the end of the last one if it fits there. Up to 4096
// bytes are written whole or not at all. There is room for the writer when a
// page is free, however little is in the others.
#ifndef RONDO_SIMNET_SIM_PIPE_H_
#define RONDO_SIMNET_SIM_PIPE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "rondo/simnet/network_context.h"
#include "rondo/simnet/sim_socket.h"

namespace rondo::internal {

class PipeEnd;

// What the two ends share.
class PipeRing {
 public:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kPages = 16;

  bool empty() const { return pages_.empty(); }
  bool full() const { return pages_.size() >= kPages; }
  // How many bytes were taken; 0: there is no room.
  std::size_t Write(std::span<const char> data);
  std::size_t Read(std::span<char> buffer);

 private:
  struct Page {
    std::string data;
    std::size_t read = 0;
  };

  std::deque<Page> pages_;
};

class PipeEnd final : public SimSocket {
 public:
  // The end that reads, and the one that writes.
  static std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> Make(
      NetworkContext& context, NetworkHost& host);

  PipeEnd(NetworkContext& context, NetworkHost& host, bool writes,
          std::string name, std::shared_ptr<PipeRing> ring);
  ~PipeEnd() override { Vanish(); }

  // SimSocket.
  DescriptorKind kind() const override { return DescriptorKind::kPipe; }
  SysResult Read(std::span<char> buffer) override;
  SysResult Write(std::span<const char> data) override;
  void Close() override;
  void Vanish() override;
  // "n1:pipe#1<" reads, "n1:pipe#1>" writes.
  SocketName name() const override { return {id_, name_}; }

 private:
  unsigned Readiness() const override;
  void Changed();

  NetworkContext& context_;
  NetworkHost& host_;
  const bool writes_;
  const std::string name_;
  const Identity id_;
  std::shared_ptr<PipeRing> ring_;
  PipeEnd* other_ = nullptr;  // Null: closed.
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_SIM_PIPE_H_

// A transport that leads nowhere, and notes what is done to it.
#ifndef RONDO_TESTS_SUPPORT_NOTING_TRANSPORT_H_
#define RONDO_TESTS_SUPPORT_NOTING_TRANSPORT_H_

#include <any>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/transport.h"

namespace rondo {

// Its "socket" is 7, until it is aborted.
class NotingTransport final : public Transport {
 public:
  void Close() override { closed = true; }
  bool is_closing() const override { return closed || aborted; }
  void Abort() override { aborted = true; }
  std::any GetExtraInfo(std::string_view name) const override {
    return name == "socket" ? std::any(aborted ? -1 : 7) : std::any();
  }
  void SetWriteBufferLimits(WriteBufferLimits) override {}
  WriteBufferLimits GetWriteBufferLimits() const override { return {}; }
  std::size_t GetWriteBufferSize() const override { return 0; }
  bool is_reading() const override { return !paused; }
  void PauseReading() override { paused = true; }
  void ResumeReading() override { paused = false; }
  void Write(std::span<const char> data) override {
    written.append(data.data(), data.size());
  }
  void WriteLines(std::span<const std::span<const char>> lines) override {
    for (const std::span<const char> line : lines) Write(line);
  }
  void WriteEof() override {}
  bool can_write_eof() const override { return true; }
  void SetProtocol(std::shared_ptr<Protocol> p) override {
    protocol = std::move(p);
  }
  std::shared_ptr<Protocol> GetProtocol() const override { return protocol; }

  std::string written;
  std::shared_ptr<Protocol> protocol;
  bool closed = false;
  bool aborted = false;
  bool paused = false;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_NOTING_TRANSPORT_H_

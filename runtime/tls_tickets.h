// TlsTickets: what a server gives its clients, so that the next handshake is
// shorter: no certificates are sent, nor looked at again.
//
//   rondo::TlsOptions tls(context);
//   tls.tickets = std::make_shared<rondo::TlsTickets>();
//   ... OpenConnection("example.org", 443, tls) ...
//   ... OpenConnection("example.org", 443, tls) ...  // TlsInfo::resumed
//
// A connection takes the newest ticket of its context and server_hostname, for
// nobody else, and leaves those that it is sent, from TLS 1.3 on behind its
// handshake: with what it reads. Those of TLS 1.3 are used once. Servers give
// them to whoever asks, except in a simulation, where there are none: they hold
// the machine's time.
//
// Thread-safety: one loop's thread.
// Source: ssl.SSLSession; RFC 8446, 2.2 and C.4.
#ifndef RONDO_RUNTIME_TLS_TICKETS_H_
#define RONDO_RUNTIME_TLS_TICKETS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "rondo/runtime/openssl_handles.h"

namespace rondo {

class TlsContext;

class TlsTickets {
 public:
  static constexpr std::size_t kDefaultCapacity = 8;

  // Of more than `capacity` the oldest goes. Throws: ValueError if it is 0.
  explicit TlsTickets(std::size_t capacity = kDefaultCapacity);
  TlsTickets(const TlsTickets&) = delete;
  TlsTickets& operator=(const TlsTickets&) = delete;

  std::size_t size() const { return entries_.size(); }
  void Clear() { entries_.clear(); }

  // For connections. Null: there is none.
  internal::SslSessionHandle Take(const TlsContext* context,
                                  const std::string& server_hostname);
  void Put(std::shared_ptr<const TlsContext> context,
           std::string server_hostname, internal::SslSessionHandle session);

 private:
  struct Entry {
    std::shared_ptr<const TlsContext> context;
    std::string server_hostname;
    internal::SslSessionHandle session;
  };

  const std::size_t capacity_;
  std::vector<Entry> entries_;  // The oldest first.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_TICKETS_H_

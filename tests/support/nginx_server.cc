#include "rondo/tests/support/nginx_server.h"

#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "rondo/tests/support/program.h"

namespace rondo {
namespace {

// One process, in the foreground, as whoever runs it. A file that passes
// through sub_filter loses its length, and is sent in chunks.
constexpr char kConfiguration[] = R"(
daemon off;
master_process off;
user root;
pid $DIRECTORY/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $DIRECTORY/body;
  proxy_temp_path $DIRECTORY/proxy;
  fastcgi_temp_path $DIRECTORY/fastcgi;
  uwsgi_temp_path $DIRECTORY/uwsgi;
  scgi_temp_path $DIRECTORY/scgi;
  default_type application/octet-stream;
  gzip off;
  keepalive_requests 100000;
  server {
    listen 127.0.0.1:$PORT $TLS;
    root $DIRECTORY/files;
    location /chunked/ {
      alias $DIRECTORY/files/;
      sub_filter_types *;
      sub_filter 'what no file has' '';
    }
    location = /drop { return 444; }
  }
}
)";

}  // namespace

NginxServer::NginxServer(const TestIdentity* identity)
    : directory_(ScratchPath("nginx")), tls_(identity != nullptr) {
  std::filesystem::create_directories(directory_ + "/files");
  std::string tls;
  if (tls_) {
    WriteFile(directory_ + "/cert.pem", identity->certificate);
    WriteFile(directory_ + "/cert.key", identity->key);
    tls = "ssl; ssl_certificate " + directory_ +
          "/cert.pem; ssl_certificate_key " + directory_ + "/cert.key";
  }
  const std::string file = directory_ + "/nginx.conf";
  const auto words = [&](std::uint16_t free) {
    WriteFile(file, absl::StrReplaceAll(kConfiguration,
                                        {{"$DIRECTORY", directory_},
                                         {"$PORT", std::to_string(free)},
                                         {"$TLS", tls}}));
    return std::vector<std::string>{"nginx",  "-p", directory_, "-e",
                                    "stderr", "-c", file};
  };
  // It listens by the time that it chooses how to wait.
  process_ = StartPeer(words, "event method", &port_);
}

std::string NginxServer::url() const {
  return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(port_);
}

void NginxServer::Put(const std::string& name, const std::string& content) {
  WriteFile(directory_ + "/files/" + name, content);
}

}  // namespace rondo

#include "rondo/tests/examples/curl_multi.h"

#include <curl/curl.h>

#include <exception>
#include <new>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

// For the whole process, and for ever.
void InitializeCurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw CurlError(code, curl_easy_strerror(code));
}

void Require(CURLMcode code) {
  if (code != CURLM_OK) {
    throw CurlError(code, std::string("libcurl: ") + curl_multi_strerror(code));
  }
}

class Transfer {
 public:
  Transfer(const std::string& url, const CurlOptions& options)
      : easy_(curl_easy_init()), url_(url), done_(CreateFuture()) {
    if (easy_ == nullptr) throw std::bad_alloc();
    Set(CURLOPT_URL, url_.c_str());
    Set(CURLOPT_PRIVATE, this);
    Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_ERRORBUFFER, error_);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_TIMEOUT_MS,
        static_cast<long>(options.timeout / std::chrono::milliseconds(1)));
    if (!options.ca_file.empty()) {
      Set(CURLOPT_CAINFO, options.ca_file.c_str());
    }
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { curl_easy_cleanup(easy_); }

  CURL* easy() const { return easy_; }
  const Future<>& done() const { return done_; }

  void End(CURLcode code) {
    if (done_.done()) return;
    if (code == CURLE_OK) return done_.SetResult();
    const std::string why =
        error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    done_.SetException(
        std::make_exception_ptr(CurlError(code, url_ + ": " + why)));
  }

  CurlResponse TakeResponse() {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return CurlResponse(status, std::move(body_));
  }

 private:
  template <class T>
  void Set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code != CURLE_OK) throw CurlError(code, curl_easy_strerror(code));
  }

  static std::size_t OnBody(char* data, std::size_t size, std::size_t count,
                            void* self) {
    static_cast<Transfer*>(self)->body_.append(data, size * count);
    return size * count;
  }

  CURL* const easy_;
  const std::string url_;
  Future<> done_;
  std::string body_;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace

class CurlMulti::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(CurlOptions options)
      : loop_(&RunningLoop()), options_(std::move(options)) {
    InitializeCurl();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    Set(CURLMOPT_SOCKETFUNCTION, &Core::OnSocket);
    Set(CURLMOPT_SOCKETDATA, this);
    Set(CURLMOPT_TIMERFUNCTION, &Core::OnTimer);
    Set(CURLMOPT_TIMERDATA, this);
    Set(CURLMOPT_MAX_HOST_CONNECTIONS, options_.max_connections);
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  // Closes connections, and says so by OnSocket.
  ~Core() {
    curl_multi_cleanup(multi_);
    timer_.Cancel();
  }

  Coro<CurlResponse> Fetch(std::string url) {
    const std::shared_ptr<Core> self = shared_from_this();
    Transfer transfer(url, options_);
    Require(curl_multi_add_handle(multi_, transfer.easy()));
    const Membership membership(this, transfer.easy());
    co_await transfer.done();
    co_return transfer.TakeResponse();
  }

  std::size_t transfers() const { return transfers_; }
  std::size_t timeouts() const { return timeouts_; }

 private:
  // Of a transfer in the multi handle; taking it out breaks it off.
  class Membership {
   public:
    Membership(Core* core, CURL* easy) : core_(core), easy_(easy) {
      ++core_->transfers_;
    }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
    ~Membership() {
      --core_->transfers_;
      curl_multi_remove_handle(core_->multi_, easy_);
    }

   private:
    Core* core_;
    CURL* easy_;
  };

  template <class T>
  void Set(CURLMoption option, T value) {
    Require(curl_multi_setopt(multi_, option, value));
  }

  // libcurl wants `fd` to be watched for `what`. It must not be called from
  // here, nor from OnTimer; -1 has it fail. A loop that is ending has forgotten
  // what it watches.
  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    Core* const core = static_cast<Core*>(self);
    if (!core->loop_->is_running()) return 0;
    try {
      core->Watch(fd, what);
      return 0;
    } catch (const std::exception&) {
      return -1;
    }
  }

  void Watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
      AddReader(fd, [this, fd] { Act(fd, CURL_CSELECT_IN); }, "curl");
    } else {
      RemoveReader(fd);
    }
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
      AddWriter(fd, [this, fd] { Act(fd, CURL_CSELECT_OUT); }, "curl");
    } else {
      RemoveWriter(fd);
    }
  }

  // There is one timer; -1: none any more.
  static int OnTimer(CURLM*, long milliseconds, void* self) {
    Core* const core = static_cast<Core*>(self);
    core->timer_.Cancel();
    if (milliseconds < 0 || !core->loop_->is_running()) return 0;
    core->timer_ = core->loop_->CallLater(
        std::chrono::milliseconds(milliseconds),
        [core] {
          ++core->timeouts_;
          core->Act(CURL_SOCKET_TIMEOUT, 0);
        },
        "curl");
    return 0;
  }

  void Act(curl_socket_t fd, int ready) {
    int running = 0;
    Require(curl_multi_socket_action(multi_, fd, ready, &running));
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      static_cast<Transfer*>(transfer)->End(message->data.result);
    }
  }

  EventLoop* const loop_;
  const CurlOptions options_;
  CURLM* multi_ = nullptr;
  TimerHandle timer_;
  std::size_t transfers_ = 0;
  std::size_t timeouts_ = 0;
};

CurlMulti::CurlMulti(CurlOptions options)
    : core_(std::make_shared<Core>(std::move(options))) {}

CurlMulti::~CurlMulti() = default;

Coro<CurlResponse> CurlMulti::Fetch(std::string url) {
  return core_->Fetch(std::move(url));
}

std::size_t CurlMulti::transfers() const { return core_->transfers(); }
std::size_t CurlMulti::timeouts() const { return core_->timeouts(); }

}  // namespace rondo

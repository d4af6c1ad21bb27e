// A transport through which files can be sent (sendfile.h).
#ifndef RONDO_RUNTIME_FILE_TRANSPORT_H_
#define RONDO_RUNTIME_FILE_TRANSPORT_H_

namespace rondo::internal {

class FileTransport {
 public:
  // A file is being sent: no Write, WriteLines, WriteEof may come between.
  virtual bool sending_file() const = 0;
  virtual void set_sending_file(bool sending) = 0;
  // The protocol was told PauseWriting, and not yet ResumeWriting.
  virtual bool writing_paused() const = 0;

 protected:
  ~FileTransport() = default;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_FILE_TRANSPORT_H_

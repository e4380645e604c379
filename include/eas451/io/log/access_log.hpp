// SPDX-License-Identifier: Apache-2.0
// AccessLog: the writer of access log lines. One for each thread that serves requests: lines are
// formatted in place into its own buffer and handed to the Storage when 64 KiB have gathered or
// flush() is called (the worker's tick, every 100 ms at the latest while lines wait).
#pragma once

#include <memory>
#include <string>

#include "eas451/core/access_record.hpp"
#include "eas451/io/log/storage.hpp"

namespace eas451 {

/// Owned by one thread and used by it alone.
class AccessLog {
public:
    AccessLog(Storage& storage, std::shared_ptr<LogFile> file, AccessLogFormat format);
    ~AccessLog();  // flushes

    void write(const AccessRecord& record);
    [[nodiscard]] bool has_waiting_lines() const { return waiting_lines_ != 0; }
    void flush();

private:
    Storage& storage_;
    std::shared_ptr<LogFile> file_;
    AccessLogFormat format_;
    std::string waiting_;
    unsigned waiting_lines_ = 0;
};

}  // namespace eas451

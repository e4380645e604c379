// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/log/access_log.hpp"

namespace eas451 {
namespace {

constexpr std::size_t hand_over_bytes = 64 * 1024;
// Room for the line that passes the mark.
constexpr std::size_t buffer_bytes = hand_over_bytes + 16 * 1024;

}  // namespace

AccessLog::AccessLog(Storage& storage, std::shared_ptr<LogFile> file, AccessLogFormat format)
    : storage_(storage), file_(std::move(file)), format_(format) {
    waiting_.reserve(buffer_bytes);
}

AccessLog::~AccessLog() {
    flush();
}

void AccessLog::write(const AccessRecord& record) {
    if (format_ == AccessLogFormat::w3c) {
        append_w3c_line(waiting_, record);
    } else {
        append_json_line(waiting_, record);
    }
    ++waiting_lines_;
    if (waiting_.size() >= hand_over_bytes) flush();
}

void AccessLog::flush() {
    if (waiting_lines_ == 0) return;
    // A copy of the right size; the buffer stays here and is filled again.
    storage_.write(file_, std::string(waiting_), waiting_lines_);
    waiting_.clear();
    waiting_lines_ = 0;
}

}  // namespace eas451

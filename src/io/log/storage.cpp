// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/log/storage.hpp"

#include "storage_thread.hpp"

namespace eas451 {

Storage::Storage(std::size_t queue_bytes) : thread_(std::make_unique<Thread>(queue_bytes)) {}

Storage::~Storage() = default;

void Storage::write(const std::shared_ptr<LogFile>& file, std::string lines, unsigned line_count) {
    // Every LogFile is a LogDestination: nothing else can be made.
    thread_->write(std::static_pointer_cast<LogDestination>(file), std::move(lines), line_count);
}

void Storage::reopen() {
    thread_->reopen();
}

bool Storage::flush() {
    return thread_->flush();
}

}  // namespace eas451

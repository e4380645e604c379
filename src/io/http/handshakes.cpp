// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/handshakes.hpp"

#include <utility>

namespace eas451 {

Handshakes::Place::Place(Handshakes& handshakes, std::function<void()> stop)
    : handshakes_(&handshakes), stop_(std::move(stop)) {
    while (handshakes.size_ != 0 && handshakes.size_ >= handshakes.limit_) handshakes.stop_oldest();
    older_ = handshakes.newest_;
    (older_ != nullptr ? older_->newer_ : handshakes.oldest_) = this;
    handshakes.newest_ = this;
    ++handshakes.size_;
}

void Handshakes::Place::leave() {
    if (handshakes_ == nullptr) return;
    (older_ != nullptr ? older_->newer_ : handshakes_->oldest_) = newer_;
    (newer_ != nullptr ? newer_->older_ : handshakes_->newest_) = older_;
    --handshakes_->size_;
    handshakes_ = nullptr;
}

void Handshakes::stop_oldest() {
    Place& oldest = *oldest_;
    oldest.leave();
    oldest.stop_();
}

}  // namespace eas451

// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/handshakes.hpp"

#include <utility>

namespace eas451 {

Handshakes::Place::Place(Handshakes& handshakes, std::uint64_t client, std::function<void()> stop)
    : handshakes_(&handshakes), stop_(std::move(stop)), client_(client) {
    while (handshakes.size_ != 0 && handshakes.size_ >= handshakes.limit_) handshakes.stop_one();
    count_ = &handshakes.by_client_[client];
    ++*count_;
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
    if (--*count_ == 0) handshakes_->by_client_.erase(client_);
    handshakes_ = nullptr;
}

/// Looks at all of them; there are as many as this only when somebody begins more than he finishes.
void Handshakes::stop_one() {
    Place* chosen = oldest_;
    for (Place* place = oldest_; place != nullptr; place = place->newer_) {
        if (*place->count_ > *chosen->count_) chosen = place;
    }
    chosen->leave();
    chosen->stop_();
}

}  // namespace eas451

// SPDX-License-Identifier: Apache-2.0
// Any bytes as requests one behind the other, as a session reads them: head, body, head … What they come to
// must not depend on how they arrive, and a head that was accepted must leave no second reading of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/body_reader.hpp"
#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;

/// A shorter input is read byte by byte. A longer one would cost so much that fewer of them were tried.
constexpr std::size_t most_pieces = 512;

void require(bool truth) {
    if (!truth) std::abort();
}

std::size_t count_fields(const RequestHead& head, std::string_view name) {
    return static_cast<std::size_t>(
        std::count_if(head.fields().begin(), head.fields().end(),
                      [name](const HeaderField& field) { return equals_ignore_case(field.name, name); }));
}

/// Exactly one framing, and nothing in the head that another reader could take for a line end, a field or a
/// framing.
void check_accepted(const RequestHead& head, std::string_view bytes) {
    const auto lengths = count_fields(head, "Content-Length");
    const auto codings = count_fields(head, "Transfer-Encoding");
    require(lengths + codings <= 1 && count_fields(head, "Host") <= 1 && count_fields(head, "Authorization") <= 1);
    require((head.framing == BodyFraming::content_length) == (lengths == 1));
    require((head.framing == BodyFraming::chunked) == (codings == 1));
    require(head.framing != BodyFraming::chunked || head.http_1_1);
    // Each line of its own: the request line, the fields, the empty line; and no other line end, no NUL.
    const auto count = [bytes](char c) { return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), c)); };
    require(count('\r') == head.fields().size() + 2 && count('\n') == count('\r') && count('\0') == 0);
    for (std::size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
        require(at > 0 && bytes[at - 1] == '\r');
        require(at + 1 == bytes.size() || (bytes[at + 1] != ' ' && bytes[at + 1] != '\t'));
    }
    for (const HeaderField& field : head.fields()) {
        require(field.name.find_first_of(" \t_.:") == std::string_view::npos);
        require(trim(field.value) == field.value);
    }
    require(count(' ') >= 2 && head.target.find_first_of(" #\t") == std::string_view::npos);
}

/// Every accepted head written anew from what was understood of it, without what was not.
std::string rewritten(const RequestHead& head) {
    std::string out =
        std::string(head.method) + ' ' + std::string(head.target) + (head.http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (const HeaderField& field : head.fields())
        out += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
    return out + "\r\n";
}

void check_rewritten(const RequestHead& head) {
    const std::string bytes = rewritten(head);
    if (bytes.size() > max_head_bytes) return;  // blanks that were not there make it longer
    RequestHead again;
    require(!parse_request_head(bytes, again));
    require(again.framing == head.framing && again.content_length == head.content_length && again.host == head.host);
    require(again.keep_alive == head.keep_alive && again.expects_continue == head.expects_continue);
    require(rewritten(again) == bytes);
}

/// Requests as they become complete.
class Reading {
public:
    /// What became of each: its head's fault, or that it was accepted, and its content.
    struct Event {
        std::optional<HeadFault> fault;
        std::string head;
        std::string content;
        bool complete = false;
        bool malformed = false;
        bool operator==(const Event&) const = default;
    };

    void add(std::string_view part) {
        in_ += part;
        while (!is_over_ && (body_ ? take_body() : take_head())) {
        }
    }
    [[nodiscard]] const std::vector<Event>& events() const { return events_; }

private:
    bool take_head() {
        const auto end = find_head_end(in_, seen_);
        seen_ = in_.size();
        if (!end && in_.size() <= max_head_bytes) return false;
        const std::string bytes = in_.substr(0, end.value_or(in_.size()));
        in_.erase(0, bytes.size());
        seen_ = 0;
        RequestHead head;
        Event event;
        event.fault = parse_request_head(bytes, head);
        is_over_ = event.fault.has_value();
        if (!is_over_) {
            check_accepted(head, bytes);
            check_rewritten(head);
            event.head = bytes;
            body_.emplace(head);
        }
        events_.push_back(event);
        return true;
    }

    bool take_body() {
        while (true) {
            const auto step = body_->read(in_);
            events_.back().content += step.content;
            if (step.taken == 0) break;
            in_.erase(0, step.taken);
        }
        is_over_ = events_.back().malformed = body_->is_malformed();
        if (!body_->has_ended()) return is_over_;
        events_.back().complete = true;
        body_.reset();
        return true;
    }

    std::string in_;
    std::size_t seen_ = 0;
    std::optional<BodyReader> body_;
    bool is_over_ = false;
    std::vector<Event> events_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string bytes(data + 1, data + size);
    Reading whole;
    whole.add(bytes);
    Reading in_two;
    const std::size_t split = bytes.empty() ? 0 : data[0] * bytes.size() / 256;
    in_two.add(std::string_view(bytes).substr(0, split));
    in_two.add(std::string_view(bytes).substr(split));
    require(in_two.events() == whole.events());
    Reading in_many;
    const std::size_t piece = 1 + bytes.size() / most_pieces;
    for (std::size_t at = 0; at < bytes.size(); at += piece) in_many.add(std::string_view(bytes).substr(at, piece));
    require(in_many.events() == whole.events());
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Every case of tests/http/corpus through the two parsers, in the order a session uses them: whole, in
// two parts split at every byte, and byte by byte.
#include "http_corpus.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "eas451/core/body_reader.hpp"
#include "eas451/core/eas_request.hpp"
#include "eas451/core/request_head.hpp"

namespace eas451 {
namespace {

constexpr std::uint64_t drained_bytes = 1024 * 1024;
constexpr std::size_t short_case = 10000;
constexpr std::size_t step = 4096;
constexpr std::size_t read_at_once = 16384;

/// What a session makes of the bytes, but for the connection and the directory: a moved user is behind
/// every ActiveSync request.
class Reading {
public:
    void add(std::string_view part) {
        in_ += part;
        while (!closed_ && (body_ ? take_body() : take_head())) {
        }
    }

    [[nodiscard]] const std::vector<int>& answers() const { return answers_; }
    [[nodiscard]] bool is_closed() const { return closed_; }
    [[nodiscard]] bool is_between_requests() const { return in_.empty() && !body_; }

private:
    /// False when more bytes are needed, as in take_body().
    bool take_head() {
        const auto end = find_head_end(in_, seen_);
        seen_ = in_.size();
        if (!end && in_.size() <= max_head_bytes) return false;
        const std::string bytes = in_.substr(0, end.value_or(in_.size()));
        in_.erase(0, bytes.size());
        seen_ = 0;
        RequestHead head;
        if (const auto fault = parse_request_head(bytes, head)) {
            refuse(fault == HeadFault::target_too_long ? 414 : 400);
        } else {
            begin(head);
        }
        return true;
    }

    void begin(const RequestHead& head) {
        status_ = 404;
        if (classify_target(head) == Target::eas) status_ = parse_eas_request(head) ? 451 : 400;
        keep_ = head.keep_alive;
        BodyReader body(head);
        if (body.has_ended()) {
            answer();
        } else if (head.expects_continue || head.content_length > drained_bytes) {
            refuse(status_);
        } else {
            body_ = body;
        }
    }

    bool take_body() {
        in_.erase(0, body_->feed(in_));
        if (body_->is_malformed()) {
            refuse(400);
        } else if (body_->has_ended()) {
            answer();
        } else {
            return false;
        }
        return true;
    }

    void answer() {
        answers_.push_back(status_);
        closed_ = !keep_;
        body_.reset();
    }
    void refuse(int status) {
        answers_.push_back(status);
        closed_ = true;
    }

    std::string in_;
    std::size_t seen_ = 0;
    std::optional<BodyReader> body_;
    int status_ = 0;
    bool keep_ = true;
    std::vector<int> answers_;
    bool closed_ = false;
};

const HttpCorpus& corpus() {
    static const HttpCorpus read(std::string(EAS451_SOURCE_DIR) + "/tests/http/corpus");
    return read;
}

/// True when it is what the case says.
bool is_right(const HttpCase& wanted, const Reading& reading) {
    return reading.answers() == wanted.answers && reading.is_closed() == wanted.closes &&
           (wanted.closes || reading.is_between_requests());
}

/// The few cases about 16 KiB and more are split where it is interesting: near their ends, and where a session's reads end.
bool is_split_at(std::size_t at, std::size_t size) {
    return size <= short_case || at < 150 || at + 300 >= size || (at + 2) % step < 5 || (at + 32) % read_at_once < 65;
}

TEST(http_corpus, has_at_least_150_cases_of_different_names) {
    std::set<std::string> names;
    for (const auto& each : corpus().cases()) {
        EXPECT_TRUE(names.insert(each.name).second) << each.name;
        EXPECT_FALSE(each.bytes.empty()) << each.name;
    }
    EXPECT_GE(names.size(), 150U);
}

TEST(http_corpus, every_case_whole) {
    for (const auto& each : corpus().cases()) {
        Reading reading;
        reading.add(each.bytes);
        EXPECT_TRUE(is_right(each, reading))
            << each.name << ": " << testing::PrintToString(reading.answers()) << (reading.is_closed() ? " close" : "");
    }
}

TEST(http_corpus, every_case_split_at_every_byte) {
    for (const auto& each : corpus().cases()) {
        const std::string_view bytes = each.bytes;
        for (std::size_t split = 1; split < bytes.size(); ++split) {
            if (!is_split_at(split, bytes.size())) continue;
            Reading reading;
            reading.add(bytes.substr(0, split));
            reading.add(bytes.substr(split));
            ASSERT_TRUE(is_right(each, reading)) << each.name << " at " << split;
        }
    }
}

TEST(http_corpus, every_case_byte_by_byte) {
    for (const auto& each : corpus().cases()) {
        Reading reading;
        for (const char byte : each.bytes) reading.add({&byte, 1});
        EXPECT_TRUE(is_right(each, reading)) << each.name;
    }
}

}  // namespace
}  // namespace eas451

// SPDX-License-Identifier: Apache-2.0
// Request: one request of a session, from its head to the last byte of its answer: how far it has come.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "eas451/core/body_reader.hpp"
#include "eas451/io/http/handler.hpp"
#include "eas451/io/net/stream_step.hpp"
#include "session_parts.hpp"

namespace eas451 {

/// What becomes of the connection after an answer.
enum class After : std::uint8_t { keep, close, discard };

/// What the answer to a request waits for.
enum class Waits : std::uint8_t { for_nothing, for_handler, for_upstream, for_body, for_departure, for_room };

/// One request on its way to its answer. Views into its bytes are everywhere, so it stays where it is. The bytes hold an
/// Authorization, which is cleansed once it was read; the rest of them when this ends.
struct Request {
    explicit Request(std::string&& taken) : bytes(std::move(taken)) {}

    /// The Authorization was read, and what lies behind `kept` is somewhere else: neither stays while something is waited
    /// for. Of a head that was refused only method and target are of use, wherever a password is in the rest of it.
    void forget_secrets(std::size_t kept) {
        const auto end_of = [this](std::string_view view) {
            return view.empty() ? std::size_t{0} : static_cast<std::size_t>(view.data() - bytes.text.data()) + view.size();
        };
        if (const auto authorization = head.find(KnownField::authorization)) {
            cleanse(bytes.text.data() + (end_of(*authorization) - authorization->size()), authorization->size());
        }
        const std::size_t from = std::max({kept, end_of(head.method), end_of(head.target)});
        cleanse(bytes.text.data() + from, bytes.text.size() - from);
    }

    CleansedString bytes;
    SteadyTime received = steady_now();
    std::unique_ptr<Transaction> transaction;
    RequestHead head;
    std::optional<boost::asio::awaitable<Transaction::Outcome>> handler;  // while that is not there
    bool is_to_be_passed_on = false;
    std::optional<BodyReader> body;                 // none where the head was refused
    std::optional<SteadyTime> body_began;  // once it is waited for
    Answer answer;
    std::optional<After> after;  // once it is known
    SteadyTime leaves = received;  // no earlier
    bool was_held = false;
    bool composed = false;
    std::string unwritten;  // of the answer
    StreamStep write;
    std::optional<WaitEnd> write_ends;  // once room is waited for
    TransferFacts transfer;
};

}  // namespace eas451

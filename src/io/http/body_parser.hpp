// SPDX-License-Identifier: Apache-2.0
// BodyParser: the framing of one request body, by Beast's parser. The head was read strictly before
// (parse_request_head); Beast is given one of our own that says nothing but how the body is framed, so
// that there are never two opinions about a head. Trailers are dropped.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

class BodyParser : private boost::beast::http::basic_parser<true> {
    using Base = boost::beast::http::basic_parser<true>;
    using ErrorCode = boost::beast::error_code;
    using StringView = boost::beast::string_view;

public:
    /// For a head that parse_request_head() accepted.
    explicit BodyParser(const RequestHead& head) {
        eager(true);
        body_limit(boost::none);
        std::string ours = "POST / HTTP/1.1\r\nHost: a\r\n";
        if (head.framing == BodyFraming::chunked) {
            ours += "Transfer-Encoding: chunked\r\n\r\n";
        } else {
            ours += "Content-Length: " + std::to_string(head.content_length) + "\r\n\r\n";
        }
        feed(ours);
    }

    /// Takes bytes from the front; returns how many. Stops at the end of the body, and for good at the
    /// first mistake in it.
    std::size_t feed(std::string_view bytes) {
        if (failed_) return 0;
        ErrorCode error;
        const std::size_t taken = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
        failed_ = error && error != boost::beast::http::error::need_more;
        return taken;
    }

    [[nodiscard]] bool has_ended() const { return is_done(); }
    [[nodiscard]] bool is_malformed() const { return failed_; }
    [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }

private:
    void on_request_impl(boost::beast::http::verb, StringView, StringView, int, ErrorCode& error) override { error = {}; }
    void on_response_impl(int, StringView, int, ErrorCode& error) override { error = {}; }
    void on_field_impl(boost::beast::http::field, StringView, StringView, ErrorCode& error) override { error = {}; }
    void on_header_impl(ErrorCode& error) override { error = {}; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode& error) override { error = {}; }
    std::size_t on_body_impl(StringView body, ErrorCode& error) override {
        error = {};
        body_bytes_ += body.size();
        return body.size();
    }
    /// Beast takes any byte in a quoted extension, a line end included. Nobody needs extensions; controls
    /// in one are somebody's attempt to be read in two ways.
    void on_chunk_header_impl(std::uint64_t, StringView extension, ErrorCode& error) override {
        error = {};
        if (contains_control({extension.data(), extension.size()})) error = boost::beast::http::error::bad_chunk_extension;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& error) override {
        error = {};
        body_bytes_ += body.size();
        return body.size();
    }
    void on_finish_impl(ErrorCode& error) override { error = {}; }

    std::uint64_t body_bytes_ = 0;
    bool failed_ = false;
};

}  // namespace eas451

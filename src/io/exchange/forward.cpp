// SPDX-License-Identifier: Apache-2.0
// Longer than 300 lines: one class, whose functions are read in the order in which a request and its answer go.
#include "eas451/io/exchange/forward.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "eas451/core/body_reader.hpp"
#include "eas451/core/chunks.hpp"
#include "eas451/core/cleansing_append.hpp"
#include "eas451/core/response_head.hpp"
#include "early_answer.hpp"
#include "exchange_connection.hpp"
#include "exchange_dial.hpp"
#include "read_watch.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Body = ClientSide::Body;
using Wants = StreamStep::Wants;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
/// What is put together before it is sent: a small request, or answer, leaves in one piece.
constexpr std::size_t piece = 16384;
/// One after the other, however many there are: a phone waits for half a minute.
constexpr int servers_in_time = 3;
/// So many of an answer before the thread's others have a turn, where neither side has to be waited for.
constexpr std::size_t pieces_a_turn = 64;

SteadyTime now() { return std::chrono::steady_clock::now(); }

class Forward : private ClientSide::Upstream, private ExchangeDial::Waits {
public:
    Forward(ExchangePool& pool, ForwardedRequest request, ClientSide& client)
        : pool_(pool),
          options_(pool.options()),
          servers_(pool.servers()),
          request_(std::move(request)),
          client_(client),
          out_(std::move(request_.head)) {}
    ~Forward() { cleanse(out_); }
    Forward(const Forward&) = delete;
    Forward& operator=(const Forward&) = delete;

    net::awaitable<Forwarded> run() {
        bool goes_on = pool_.has_room() || failed(ForwardEnd::no_server, "every connection of this worker to Exchange is in use");
        const ExchangePool::Place place(pool_);
        if (goes_on) goes_on = co_await send_request();
        if (goes_on && request_.progress != nullptr) request_.progress->request_sent();
        if (goes_on) goes_on = co_await read_head();
        if (goes_on) co_await pass_answer();
        co_return std::move(result_);
    }

private:
    void give_up() override {
        boost::system::error_code ignored;
        awaited_->close(ignored);
    }
    void rest() override {
        if (connection_ != nullptr) connection_->stream().release_buffers();
    }

    void wait_begins(std::chrono::milliseconds limit, StreamSocket& socket) override {
        awaited_ = &socket;
        client_.wait_begins(limit, *this);
    }
    bool wait_ends() override {
        client_left_ = !client_.wait_ends();
        return !client_left_;
    }

    bool failed(ForwardEnd end, std::string trouble) {
        result_.end = end;
        result_.trouble = std::move(trouble);
        return false;
    }

    /// To the first server that takes it.
    net::awaitable<bool> send_request() {
        take_content_at_hand();  // what of the body is here already goes with the head
        if (client_.body() == Body::malformed) co_return failed(ForwardEnd::malformed_body, {});  // Exchange hears of none of it
        if (servers_ == nullptr || options_->tls == nullptr) co_return failed(ForwardEnd::no_server, "no Exchange server is known yet");
        result_.trouble = "no Exchange server is up";
        const SteadyTime last_try_ends = now() + servers_in_time * options_->connect;
        for (const std::size_t index : servers_->order_for(request_.user)) {
            if (now() >= last_try_ends) break;
            const Begun begun = co_await begin_on(servers_->servers[index], std::min(last_try_ends, now() + options_->connect));
            if (client_left_) co_return failed(ForwardEnd::client_gone, {});
            if (begun == Begun::not_here) continue;
            if (begun == Begun::broke) co_return false;
            co_return co_await send_body();
        }
        co_return failed(ForwardEnd::no_server, std::move(result_.trouble));
    }

    void take_content_at_hand() {
        while (out_.size() < piece) {
            const std::string_view content = client_.take_body();
            if (content.empty()) return;
            append_content(content);
        }
    }

    void append_content(std::string_view content) {
        body_bytes_ += content.size();
        make_room(out_, content.size() + max_chunk_size_line_bytes + chunk_end.size());  // it may stand behind the head
        if (request_.framing == BodyFraming::chunked) append_chunk_size(out_, content.size());
        out_.append(content);
        if (request_.framing == BodyFraming::chunked) out_.append(chunk_end);
    }

    enum class Begun : std::uint8_t {
        here,
        not_here,  // the server could not be reached, and nothing was sent
        broke,     // something was sent, and failed() says why no more
    };

    /// Sends what there is so far.
    net::awaitable<Begun> begin_on(const ExchangeServer& server, SteadyTime deadline) {
        server_ = &server;
        result_.server = server.url;
        connection_ = pool_.take(server);
        while (true) {
            const bool was_kept = connection_ != nullptr;
            if (!was_kept) co_await connect(server, deadline);
            if (connection_ == nullptr) {
                if (!client_left_) pool_.suspect(server.url);
                co_return Begun::not_here;
            }
            has_sent_ = false;
            const bool sent = co_await send(out_);
            if (sent || answers_early_) break;
            if (has_sent_) co_return Begun::broke;
            // A connection that was kept may be closed by the other side at any time: that says nothing of the server.
            connection_ = nullptr;
            if (!was_kept || client_left_) co_return Begun::not_here;
        }
        cleanse(out_);
        co_return Begun::here;
    }

    net::awaitable<void> connect(const ExchangeServer& server, SteadyTime deadline) {
        ExchangeDial dial(pool_.loop(), options_, *this);
        connection_ = co_await dial.connect(server, deadline);
        if (connection_ == nullptr) result_.trouble = dial.trouble();
    }

    /// Writes all of it to Exchange. False: it does not take it, or has said something already (`answers_early_`).
    net::awaitable<bool> send(std::string_view bytes) {
        while (!bytes.empty()) {
            const StreamStep step = connection_->stream().write(net::buffer(bytes));
            if (step.error) {
                // Who answers at once and closes, with a body on its way, resets the connection behind the answer.
                answers_early_ = has_sent_ && has_answered();
                if (answers_early_) co_return false;
                co_return failed(ForwardEnd::failed, "the connection broke while the request was sent: " + step.error.message());
            }
            bytes.remove_prefix(step.bytes);
            has_sent_ = true;  // perhaps a part of a record; a part is enough
            if (step.wants == Wants::nothing) continue;
            const bool ready = co_await wait_for_room(step);
            if (!ready) co_return false;
        }
        co_return true;
    }

    /// All that it said before the connection broke: behind session tickets, perhaps, whose reading takes a step of its own.
    bool has_answered() {
        constexpr int steps = 4;
        for (int i = 0; i < steps && connection_->in().empty(); ++i) {
            if (early_answer_.has_begun(*connection_, pool_.scratch(), request_.method)) break;
        }
        return !connection_->in().empty();
    }

    net::awaitable<bool> wait_for_room(StreamStep step) {
        StreamSocket& socket = connection_->socket();
        wait_begins(options_->write, socket);
        ReadWatch watch(socket, [&socket] {
            boost::system::error_code ignored;
            socket.cancel(ignored);
        });
        [[maybe_unused]] const auto [error] = co_await socket.async_wait(step.wait_type(), as_result);
        if (watch.end() && step.wants == Wants::to_write) answers_early_ = early_answer_.has_begun(*connection_, pool_.scratch(), request_.method);
        if (!wait_ends()) co_return failed(ForwardEnd::client_gone, {});
        if (answers_early_) co_return false;
        if (!socket.is_open()) co_return failed(ForwardEnd::failed, "it took nothing of the request for too long");
        co_return true;
    }

    /// The rest of the body, as it comes.
    net::awaitable<bool> send_body() {
        while (client_.body() == Body::more && !answers_early_) {
            const std::string_view content = client_.take_body();
            if (!content.empty()) {
                const std::string_view bytes = framed(content);
                if (body_bytes_ > request_.max_body) {
                    client_.end_connection();  // the rest is not waited for
                    co_return failed(ForwardEnd::body_too_large, {});
                }
                const bool sent = co_await send(bytes);
                out_.clear();
                if (!sent && !answers_early_) co_return false;
            } else if (client_.body() == Body::more) {
                co_await wait_for_content();
            }
        }
        if (answers_early_) co_return true;
        switch (client_.body()) {
            case Body::malformed: co_return failed(ForwardEnd::malformed_body, {});
            case Body::late: co_return failed(ForwardEnd::client_late, {});
            case Body::gone: co_return failed(ForwardEnd::client_gone, {});
            default: break;
        }
        if (request_.framing != BodyFraming::chunked) co_return true;
        const bool sent = co_await send(last_chunk);
        co_return sent || answers_early_;
    }

    /// Of bytes that are ours: the client's go with the next that it is asked for, or that it sends while Exchange is waited
    /// for. Of chunks as many as are here: those of a byte each would be as many packets.
    std::string_view framed(std::string_view content) {
        append_content(content);
        take_content_at_hand();
        return out_;
    }

    /// An answer that is there before all of the request has arrived ends the wait.
    net::awaitable<void> wait_for_content() {
        ReadWatch watch(connection_->socket(), [this] { client_.interrupt(); });
        co_await client_.wait_for_body();
        if (watch.end()) answers_early_ = early_answer_.has_begun(*connection_, pool_.scratch(), request_.method);
    }

    net::awaitable<bool> read_head() {
        std::size_t seen = 0;
        for (unsigned interim = 0; interim <= most_interim_answers; ++interim) {
            std::optional<std::size_t> end = find_head_end(connection_->in(), seen);
            while (!end) {
                seen = connection_->in().size();
                if (seen >= max_response_head_bytes) co_return failed(ForwardEnd::failed, "its answer has no end of a head");
                const bool got = co_await read_more();
                if (!got) co_return false;
                end = find_head_end(connection_->in(), seen);
            }
            const auto fault = parse_response_head(connection_->in().substr(0, *end), request_.method, head_);
            if (fault) co_return failed(ForwardEnd::failed, "its answer is not strictly HTTP/1.1: " + std::string(to_string(*fault)));
            if (head_.status != 100) {
                begin_answer(*end);
                co_return true;
            }
            connection_->use(*end);
            seen = 0;
        }
        co_return failed(ForwardEnd::failed, "it says nothing but 100");
    }

    /// False: nothing more will come, and why was said.
    net::awaitable<bool> read_more() {
        for (;;) {
            const StreamStep step = connection_->read(pool_.scratch());
            if (step.bytes != 0) co_return true;
            ended_orderly_ = step.error == net::error::eof;
            if (step.wants == Wants::nothing) {
                co_return failed(ForwardEnd::failed, ended_orderly_ ? "it closed the connection without a whole answer" : step.error.message());
            }
            wait_begins(options_->held, connection_->socket());
            const auto [error] = co_await connection_->socket().async_wait(step.wait_type(), as_result);
            if (!wait_ends()) co_return failed(ForwardEnd::client_gone, {});
            if (error) co_return failed(ForwardEnd::failed, "it did not answer in time");
        }
    }

    void begin_answer(std::size_t head_bytes) {
        result_.status = head_.status;
        if (request_.progress != nullptr) request_.progress->answer_begins(head_.status);
        framing_ = passed_framing(head_, client_.is_http_1_1(), !client_.keeps());
        if (framing_.close) client_.end_connection();
        if (framing_.body == BodyFraming::until_close) client_.begin_unframed();
        cleanse(out_);
        append_passed_head(out_, head_, framing_);
        reader_.emplace(head_.framing, head_.content_length);
        keeps_upstream_ = head_.keep_alive && !answers_early_;
        connection_->use(head_bytes);
    }

    net::awaitable<void> pass_answer() {
        for (std::size_t pieces = 1;; ++pieces) {
            take_content();
            if (reader_->is_malformed() && pieces == 1) co_return say_nothing("a chunk of its answer is malformed");
            if (reader_->is_malformed()) co_return cut("a chunk of its answer is malformed");
            const bool is_whole = reader_->has_ended() || (has_closed_ && head_.framing == BodyFraming::until_close && ended_orderly_);
            if (is_whole && framing_.body == BodyFraming::chunked) out_.append(last_chunk);
            const bool written = co_await write_out();
            if (!written) co_return cut({});
            if (pieces % pieces_a_turn == 0) co_await net::post(pool_.loop(), net::use_awaitable);
            if (is_whole) break;
            if (has_closed_) co_return cut(std::move(result_.trouble));
            const bool got = co_await read_more();
            has_closed_ = !got;
            if (client_left_) co_return cut({});
        }
        result_.end = ForwardEnd::passed;
        result_.trouble.clear();
        if (framing_.body == BodyFraming::until_close) client_.end_unframed();
        if (keeps_upstream_ && connection_->in().empty() && head_.framing != BodyFraming::until_close) {
            pool_.keep(*server_, std::move(connection_));
        }
    }

    void cut(std::string trouble) {
        failed(ForwardEnd::cut, std::move(trouble));
        client_.end_connection();
    }

    /// The head is not out yet, and never will be: it is as if there had been none.
    void say_nothing(std::string trouble) {
        out_.clear();
        if (framing_.body == BodyFraming::until_close) client_.end_unframed();
        failed(ForwardEnd::failed, std::move(trouble));
    }

    /// Moves what was read of the body behind what is to be written.
    void take_content() {
        while (!connection_->in().empty()) {
            std::string_view content = connection_->in();
            std::size_t taken = content.size();
            if (head_.framing != BodyFraming::until_close) {
                const BodyReader::Step step = reader_->read(content);
                content = step.content;
                taken = step.taken;
            }
            if (taken == 0) return;
            if (!content.empty() && framing_.body == BodyFraming::chunked) append_chunk_size(out_, content.size());
            out_.append(content);
            if (!content.empty() && framing_.body == BodyFraming::chunked) out_.append(chunk_end);
            connection_->use(taken);
        }
    }

    net::awaitable<bool> write_out() {
        std::string_view rest = out_;
        bool goes_on = client_.write_now(rest);
        if (goes_on && !rest.empty()) goes_on = co_await client_.write(rest);
        out_.clear();
        co_return goes_on;
    }

    ExchangePool& pool_;
    const ExchangePool::Options options_;
    const std::shared_ptr<const ExchangeServers> servers_;
    ForwardedRequest request_;
    ClientSide& client_;
    std::string out_;  // the request's head, then what is on its way in either direction
    Forwarded result_;
    const ExchangeServer* server_ = nullptr;
    std::unique_ptr<ExchangeConnection> connection_;
    ResponseHead head_;  // of its fields nothing is used behind begin_answer()
    PassedFraming framing_;
    std::optional<BodyReader> reader_;
    std::uint64_t body_bytes_ = 0;
    EarlyAnswer early_answer_;
    StreamSocket* awaited_ = nullptr;  // that of Exchange, while it is waited for
    bool has_sent_ = false;
    bool client_left_ = false;
    bool answers_early_ = false;
    bool keeps_upstream_ = false;
    bool ended_orderly_ = false;
    bool has_closed_ = false;
};

}  // namespace

net::awaitable<Forwarded> forward(ExchangePool& pool, ForwardedRequest request, ClientSide& client) {
    Forward on_its_way(pool, std::move(request), client);
    co_return co_await on_its_way.run();
}

}  // namespace eas451

// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_watch.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "eas451/io/metrics/metrics.hpp"
#include "fake_exchange.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Said = std::optional<std::string>;

const ExchangeCertificate& certificate() {
    static const ExchangeCertificate made;
    return made;
}

/// Its health and its challenge can be changed while it runs.
class Exchange {
public:
    enum class Health : std::uint8_t { good, bad, hangs, one_of_us };
    std::atomic<Health> health{Health::good};
    void set_challenge(const std::string& reply) {
        const std::scoped_lock lock(mutex_);
        challenge_ = reply;
    }
    FakeExchange server{certificate(), [this](const std::string& head) { return answer(head); }};

private:
    Said answer(const std::string& head) {
        if (head.starts_with("OPTIONS")) {
            const std::scoped_lock lock(mutex_);
            return challenge_;
        }
        if (health == Health::hangs) return std::nullopt;
        if (health == Health::one_of_us) return FakeExchange::reply("200 OK", "X-Answered-By: eas451\r\n");
        return FakeExchange::reply(health == Health::good ? "200 OK" : "503 Service Unavailable");
    }

    std::mutex mutex_;
    std::string challenge_ = FakeExchange::reply("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"1\"\r\n");
};

class ExchangeWatchTest : public testing::Test {
protected:
    static constexpr std::chrono::seconds patience{30};

    ExchangeWatchTest() {
        times_.check_every = 20ms;
        times_.recheck_after = 20ms;
        times_.between_checks = 5ms;
        times_.limit = patience;
    }
    void watch(const std::vector<std::string>& urls, std::shared_ptr<const ExchangeServers> former = nullptr) {
        ExchangeWatchEvents events;
        events.changed = [this](std::shared_ptr<const ExchangeServers> servers) { published_.push_back(std::move(servers)); };
        events.tell = [this](LogLevel level, const std::string& text) {
            if (level != LogLevel::debug) lines_.push_back((level == LogLevel::warning ? "warning " : "info ") + text);
        };
        events.metrics = &metrics_;
        watch_ = std::make_unique<ExchangeWatch>(loop_.get_executor(), ExchangeWatchOptions{urls, certificate().trust(), times_, std::move(former)},
                                                 std::move(events));
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto limit = steady_clock::now() + patience;
        while (!condition()) {
            ASSERT_LT(steady_clock::now(), limit);
            loop_.restart();
            loop_.run_one_for(20ms);
        }
    }
    [[nodiscard]] bool is_up(std::size_t server = 0) const { return watch_->servers()->servers[server].is_up; }
    [[nodiscard]] std::string up_series(const std::string& url, int value) const {
        return "eas451_exchange_up{server=\"" + url + "\"} " + std::to_string(value) + "\n";
    }
    void expect_that_all_ends() {
        watch_.reset();
        const std::size_t told = lines_.size() + published_.size();
        const auto begun = steady_clock::now();
        loop_.restart();
        loop_.run_for(patience);
        EXPECT_TRUE(loop_.stopped()) << "something is still waited for";
        EXPECT_LT(steady_clock::now() - begun, patience / 3);
        EXPECT_EQ(lines_.size() + published_.size(), told) << "something is told after the end";
    }

    boost::asio::io_context loop_{1};
    Metrics metrics_{"1"};
    ExchangeWatchTimes times_;
    std::vector<std::shared_ptr<const ExchangeServers>> published_;
    std::vector<std::string> lines_;
    std::unique_ptr<ExchangeWatch> watch_;
};

TEST_F(ExchangeWatchTest, TellsAtTheBeginWhoIsUpAndThenNothingUntilItChanges) {
    Exchange good;
    const RefusingPort refusing;
    const std::string bad = "https://127.0.0.1:" + std::to_string(refusing.number());
    watch({good.server.url(), bad});
    EXPECT_FALSE(watch_->servers()->any_up());
    EXPECT_TRUE(published_.empty());
    run_until([&] { return good.server.count("GET") >= 5 && lines_.size() >= 3; });
    EXPECT_THAT(lines_, testing::UnorderedElementsAre("info exchange: " + good.server.url() + " is up",
                                                      "info exchange: " + good.server.url() + " offers modern authentication",
                                                      "warning exchange: " + bad + ": Connection refused; not used until it is back"));
    EXPECT_LE(published_.size(), 3U);
    EXPECT_EQ(published_.back(), watch_->servers());
    EXPECT_TRUE(is_up(0));
    EXPECT_EQ(watch_->servers()->servers[0].why_down, "");
    EXPECT_FALSE(is_up(1));
    EXPECT_EQ(watch_->servers()->servers[1].why_down, "Connection refused");
    EXPECT_THAT(metrics_.text(), HasSubstr(up_series(good.server.url(), 1)));
    EXPECT_THAT(metrics_.text(), HasSubstr(up_series(bad, 0)));
    expect_that_all_ends();
    EXPECT_THAT(metrics_.text(), Not(HasSubstr("exchange_up{")));
}

TEST_F(ExchangeWatchTest, TwoMissesTakeItDownAndTwoGoodChecksUp) {
    Exchange exchange;
    watch({exchange.server.url()});
    run_until([&] { return is_up() && lines_.size() == 2; });
    lines_.clear();
    exchange.health = Exchange::Health::bad;
    const std::size_t before = exchange.server.count("GET");
    run_until([&] { return !is_up(); });
    // One that was answered well may have been under way when it changed.
    EXPECT_GE(exchange.server.count("GET"), before + 2);
    EXPECT_LE(exchange.server.count("GET"), before + 3);
    const std::size_t down = exchange.server.count("GET");
    run_until([&] { return exchange.server.count("GET") >= down + 3; });
    const std::size_t bad = exchange.server.count("GET");
    exchange.health = Exchange::Health::good;
    run_until([&] { return is_up(); });
    EXPECT_GE(exchange.server.count("GET"), bad + 2);
    EXPECT_LE(exchange.server.count("GET"), bad + 3);
    EXPECT_THAT(lines_, ElementsAre("warning exchange: " + exchange.server.url() + ": its health check answers 503; not used until it is back",
                                    "info exchange: " + exchange.server.url() + " is up"));
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, ALoopTakesItDownAtOnce) {
    Exchange exchange;
    watch({exchange.server.url()});
    run_until([&] { return is_up() && lines_.size() == 2; });
    const std::size_t before = exchange.server.count("GET");
    exchange.health = Exchange::Health::one_of_us;
    run_until([&] { return !is_up(); });
    // One that was answered well may have been under way when it changed.
    EXPECT_LE(exchange.server.count("GET"), before + 2);
    EXPECT_EQ(watch_->servers()->servers[0].why_down, "it is an eas451, not Exchange: a loop");
    EXPECT_EQ(lines_.back(), "warning exchange: " + exchange.server.url() + ": it is an eas451, not Exchange: a loop; not used until it is back");
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, OneThatAnswersNowAndThenStaysDown) {
    // Two bad answers and a good one in turn.
    std::atomic<std::size_t> checks{0};
    FakeExchange exchange(certificate(), [&](const std::string& head) {
        if (head.starts_with("OPTIONS")) return FakeExchange::reply("403 Forbidden");
        return FakeExchange::reply(checks++ % 3 == 0 ? "200 OK" : "503 Service Unavailable");
    });
    times_.check_every = times_.recheck_after = 5ms;
    watch({exchange.url()});
    run_until([&] { return is_up(); });
    run_until([&] { return !is_up(); });
    const auto changes = published_.size();
    const std::size_t before = checks;
    run_until([&] { return checks >= before + 9; });
    EXPECT_EQ(published_.size(), changes);
    EXPECT_THAT(lines_, ElementsAre("info exchange: " + exchange.url() + " is up",
                                    "warning exchange: " + exchange.url() + ": its health check answers 503; not used until it is back"));
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, ChangesThatComeAndGoAreFewLinesOfWhichTheLastIsTrue) {
    Exchange exchange;
    times_.check_every = times_.recheck_after = 2ms;
    times_.between_lines = 1h;
    exchange.set_challenge(FakeExchange::reply("403 Forbidden"));
    watch({exchange.server.url()});
    run_until([&] { return is_up(); });
    const auto change = [&](bool up) {
        exchange.health = up ? Exchange::Health::good : Exchange::Health::bad;
        run_until([&] { return is_up() == up; });
    };
    for (const bool up : {false, true, false, true, false, true}) change(up);
    EXPECT_EQ(lines_.size(), 3U) << "up, down, up, and nothing within the hour";
    EXPECT_EQ(lines_.back(), "info exchange: " + exchange.server.url() + " is up");
}

TEST_F(ExchangeWatchTest, AChangeThatWasKeptBackIsToldLater) {
    Exchange exchange;
    times_.check_every = times_.recheck_after = 2ms;
    times_.between_lines = 2s;
    exchange.set_challenge(FakeExchange::reply("403 Forbidden"));
    watch({exchange.server.url()});
    run_until([&] { return is_up(); });
    const auto change = [&](bool up) {
        exchange.health = up ? Exchange::Health::good : Exchange::Health::bad;
        run_until([&] { return is_up() == up; });
    };
    const auto begun = steady_clock::now();
    for (const bool up : {false, true, false, true, false}) change(up);
    run_until([&] { return lines_.size() >= 4; });
    EXPECT_GE(steady_clock::now() - begun, 2s);
    EXPECT_THAT(lines_, ElementsAre("info exchange: " + exchange.server.url() + " is up", testing::StartsWith("warning "),
                                    "info exchange: " + exchange.server.url() + " is up",
                                    "warning exchange: " + exchange.server.url() +
                                        ": its health check answers 503; not used until it is back (and 2 more changes since the last such line)"));
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, OneMissIsNone) {
    Exchange exchange;
    times_.check_every = 1h;
    times_.recheck_after = 1ms;
    watch({exchange.server.url()});
    run_until([&] { return lines_.size() == 2; });
    exchange.health = Exchange::Health::bad;
    const auto changes = published_.size();
    const std::size_t before = exchange.server.count("GET");
    watch_->suspicion()(0);
    run_until([&] {
        if (exchange.server.count("GET") > before) exchange.health = Exchange::Health::good;
        return exchange.server.count("GET") >= before + 2;
    });
    const std::size_t after = exchange.server.count("GET");
    watch_->suspicion()(0);
    run_until([&] { return exchange.server.count("GET") > after; });
    EXPECT_TRUE(is_up());
    EXPECT_EQ(published_.size(), changes);
    EXPECT_EQ(lines_.size(), 2U);
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, ASuspectedServerIsCheckedAtOnceButNotOnceForEachSuspicion) {
    Exchange exchange;
    times_.check_every = 1h;
    times_.between_checks = 200ms;
    watch({exchange.server.url()});
    run_until([&] { return lines_.size() == 2; });
    const auto begun = steady_clock::now();
    const auto suspicion = watch_->suspicion();
    std::size_t said = 0;
    run_until([&] {
        suspicion(0);
        suspicion(7);  // there is none
        ++said;
        return exchange.server.count("GET") >= 4;
    });
    EXPECT_GT(said, 4U);
    EXPECT_GE(steady_clock::now() - begun, 400ms);
    expect_that_all_ends();
    std::thread late([&] { suspicion(0); });
    late.join();
    loop_.restart();
    loop_.run_for(patience);
    EXPECT_TRUE(loop_.stopped());
}

TEST_F(ExchangeWatchTest, TheChallengeIsRenewedAndStaysWhileNobodyTellsOne) {
    Exchange exchange;
    times_.challenge_every = 1ms;
    const auto challenges = [&] { return watch_->servers()->challenges; };
    watch({exchange.server.url()});
    run_until([&] { return challenges() == "WWW-Authenticate: Bearer realm=\"1\"\r\n"; });
    exchange.set_challenge(FakeExchange::reply("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"2\"\r\n"));
    run_until([&] { return challenges() == "WWW-Authenticate: Bearer realm=\"2\"\r\n"; });
    exchange.set_challenge(FakeExchange::reply("500 Internal Server Error"));
    const std::size_t asked = exchange.server.count("OPTIONS");
    run_until([&] { return exchange.server.count("OPTIONS") >= asked + 3; });
    exchange.health = Exchange::Health::bad;
    run_until([&] { return !is_up(); });
    EXPECT_EQ(challenges(), "WWW-Authenticate: Bearer realm=\"2\"\r\n");
    exchange.health = Exchange::Health::good;
    exchange.set_challenge(FakeExchange::reply("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    run_until([&] { return challenges().empty(); });
    EXPECT_EQ(lines_.back(), "info exchange: " + exchange.server.url() + " offers no modern authentication");
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, TheNextServerIsAskedForTheChallengeWhereOneTellsNone) {
    Exchange mute;
    mute.set_challenge(FakeExchange::reply("403 Forbidden"));
    Exchange other;
    watch({mute.server.url(), other.server.url()});
    run_until([&] { return !watch_->servers()->challenges.empty(); });
    const std::size_t asked = other.server.count("OPTIONS");
    EXPECT_EQ(asked, 1U);
    const std::size_t checks = mute.server.count("GET");
    run_until([&] { return mute.server.count("GET") >= checks + 3; });
    EXPECT_EQ(other.server.count("OPTIONS"), 1U) << "it is asked again in ten minutes only";
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, AWatchThatFollowsAnotherBeginsAsThatWas) {
    Exchange exchange;
    watch({exchange.server.url()});
    run_until([&] { return lines_.size() == 2; });
    const auto former = watch_->servers();
    lines_.clear();
    published_.clear();
    exchange.health = Exchange::Health::hangs;
    const auto old = std::move(watch_);
    watch({exchange.server.url(), "https://127.0.0.3"}, former);
    EXPECT_EQ(watch_->servers()->servers[0], former->servers[0]);
    EXPECT_FALSE(is_up(1));
    EXPECT_EQ(watch_->servers()->challenges, former->challenges);
    EXPECT_THAT(metrics_.text(), HasSubstr(up_series(exchange.server.url(), 1)));
    EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(ExchangeWatchTest, EndsAtOnceWhateverIsUnderWay) {
    Exchange hanging;
    hanging.health = Exchange::Health::hangs;
    FakeExchange mute(certificate(), [](const std::string&) { return Said(); }, FakeExchange::Greeting::silence);
    watch({hanging.server.url(), mute.url(), "https://no%20name", hanging.server.url("localhost")});
    run_until([&] { return hanging.server.count("GET") == 2 && mute.connections() == 1; });
    expect_that_all_ends();
}

TEST_F(ExchangeWatchTest, ItsLoopMayEndBeforeWhatIsUnderWay) {
    Exchange hanging;
    hanging.health = Exchange::Health::hangs;
    boost::asio::io_context loop(1);
    auto watch = std::make_unique<ExchangeWatch>(loop.get_executor(),
                                                 ExchangeWatchOptions{{hanging.server.url(), "https://localhost:1"}, certificate().trust(), times_, nullptr},
                                                 ExchangeWatchEvents());
    for (int i = 0; hanging.server.count("GET") == 0 && i < 1000; ++i) loop.run_one_for(20ms);
    EXPECT_EQ(hanging.server.count("GET"), 1U);
    watch.reset();
}

}  // namespace
}  // namespace eas451

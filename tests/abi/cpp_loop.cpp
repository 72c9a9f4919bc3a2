/// ws::Loop and ws::LoopConnection: what callbacks see, and that nothing is lost, leaked or left hanging.
#include <poll.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "throws.hpp"
#include "websocket.hpp"

namespace {

/// A loop that listens on loopback, run by a thread of its own until the end of the scope.
class Running {
public:
    explicit Running(ws::Loop &loop) : loop_(loop), thread_([&loop] { loop.run(); }) {}
    ~Running() {
        loop_.stop();
        thread_.join();
    }
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;

private:
    ws::Loop &loop_;
    std::thread thread_;
};

std::string url(const ws::Loop &loop, const std::string &path = "/") { return "ws://127.0.0.1:" + std::to_string(loop.port()) + path; }

void echo() {
    ws::Loop loop;
    loop.listen("127.0.0.1", 0);
    loop.on_message([](const ws::Event &e) { CHECK(e.connection().send(e.opcode(), e.data())); });
    const Running running(loop);
    for (int i = 0; i < 3; i++) {
        ws::Connection client = ws::connect(url(loop));
        for (const std::size_t len : {0, 1, 125, 126, 65536, 1000000}) {
            const std::string text(len, 'e');
            client.send_text(text);
            const std::optional<ws::Frame> got = client.recv_message();
            CHECK(got && got->is_text() && got->payload_text() == text);
        }
        client.send_binary("\0\xff", 2);
        CHECK(client.recv_message()->is_binary());
        client.close();
    }
}

/// A server and a client of it in one loop, and all that happens to them.
void both_ends_in_one_loop() {
    std::vector<std::string> seen;
    ws::Loop loop;
    ws::LoopConnection client, server;
    int context = 0;
    loop.listen("127.0.0.1", 0);
    loop.set(ws::option::pings, 1);
    loop.set(ws::option::pongs, 1);
    loop.on_open([&](const ws::Event &e) {
        if (e.connection() == client) {
            CHECK(client.set_context(&context) && client.context() == &context);
            CHECK(client.ping("there?") && client.send_text("h\xc3\xa9llo"));
        } else {
            server = e.connection();
            CHECK(server.request_path() == "/chat" && server.request_query() == "x=1" && server.request_header("upgrade") == "websocket");
            CHECK(!server.request_header("absent") && server.peer_address().rfind("127.0.0.1:", 0) == 0 && server.is_open());
        }
    });
    loop.on_ping([&](const ws::Event &e) { seen.push_back("ping " + std::string(e.data())); });
    loop.on_pong([&](const ws::Event &e) {
        CHECK(e.context() == &context && !e.round_trip_us());
        seen.push_back("pong " + std::string(e.data()));
    });
    loop.on_message([&](const ws::Event &e) {
        CHECK(e.is_text() && e.is_first() && e.is_final() && !e.is_binary());
        seen.push_back("message " + std::string(e.data()));
        CHECK(e.connection().close(4000, "enough") && !e.connection().close(4000, "again"));
    });
    int ended = 0;
    loop.on_close([&](const ws::Event &e) {
        CHECK(e.code() == 4000 && e.error() == ws::errc::none && (e.connection() != client || e.data() == "enough"));
        CHECK(!e.connection().send_text("too late") && !e.connection().ping() && !e.connection().is_open());
        if (++ended == 2) {
            loop.stop();
        }
    });
    client = loop.connect(url(loop, "/chat?x=1"));
    loop.run();
    CHECK(seen.size() == 3 && seen[0] == "ping there?" && seen[2] != seen[1]);
    const WsMetrics metrics = loop.metrics();
    CHECK(metrics.open == 0 && metrics.total == 2 && metrics.messages_in == 1 && metrics.messages_out >= 1);
}

/// What an exception interrupts goes on with the next run.
void exceptions_lose_nothing() {
    std::vector<std::string> seen;
    ws::Loop loop;
    loop.listen("127.0.0.1", 0);
    loop.on_message([&](const ws::Event &e) {
        seen.emplace_back(e.data());
        if (seen.size() % 2 == 1) {
            throw std::runtime_error(seen.back());
        }
        if (seen.size() == 10) {
            loop.stop();
        }
    });
    std::thread thread([to = url(loop)] {
        ws::Connection client = ws::connect(to);
        for (int i = 0; i < 10; i++) {
            client.send_text(std::to_string(i));
        }
        CHECK(!client.recv_message() || !"nothing is ever sent here");
    });
    int thrown = 0;
    for (;;) {
        try {
            loop.run();
            break;
        } catch (const std::runtime_error &e) {
            CHECK(seen.back() == e.what());
            thrown++;
        }
    }
    CHECK(thrown == 5 && seen.size() == 10);
    for (int i = 0; i < 10; i++) {
        CHECK(seen[static_cast<std::size_t>(i)] == std::to_string(i));
    }
    loop.drain(5000);
    loop.run();
    thread.join();
}

void topics_and_broadcast() {
    ws::Loop loop;
    std::vector<ws::LoopConnection> all;
    loop.listen("127.0.0.1", 0);
    loop.on_open([&](const ws::Event &e) {
        CHECK(e.connection().subscribe("news") && e.connection().subscribe("other") && e.connection().unsubscribe("other"));
        all.push_back(e.connection());
        e.connection().send_text("welcome");
    });
    loop.on_message([&](const ws::Event &e) {
        CHECK(loop.publish("news", ws::opcode::text, e.data(), e.connection()) == 2);
        CHECK(loop.publish("other", ws::opcode::text, "nobody hears") == 0);
        CHECK(loop.broadcast(all, ws::opcode::binary, "all") == 3);
        std::vector<WsSend> batch(2);
        batch[0] = {all[0].handle(), WS_OPCODE_TEXT, "last", 4, 0, 0, 0};
        batch[1] = {1, WS_OPCODE_TEXT, "x", 1, 0, 0, 0};
        CHECK(loop.send_batch(batch) == 1 && batch[0].result > 0 && batch[1].result == -1 && batch[1].error == WS_ERR_HANDLE);
    });
    const Running running(loop);
    std::vector<ws::Connection> clients;
    for (int i = 0; i < 3; i++) {
        clients.push_back(ws::connect(url(loop)));
        CHECK(clients.back().recv_message()->payload_text() == "welcome");
    }
    clients[0].send_text("hear, hear");
    for (int i = 1; i < 3; i++) {
        CHECK(clients[static_cast<std::size_t>(i)].recv_message()->payload_text() == "hear, hear");
    }
    for (ws::Connection &client : clients) {
        CHECK(client.recv_message()->payload_text() == "all");
    }
    CHECK(clients[0].recv_message()->payload_text() == "last");
}

void requests() {
    ws::LoopOptions options;
    options.requests = true;
    ws::Loop loop(options);
    loop.listen("127.0.0.1", 0);
    loop.on_request([](const ws::Event &e) {
        const ws::LoopConnection conn = e.connection();
        if (conn.request_path() == "/chat" && e.code() == 0) {
            THROWS(ws::InvalidArgument, header, conn.accept({}, "X: a\rY: b"));
            CHECK(conn.accept("chat", "X-Room: tea\n") && conn.request_method() == "GET");
        } else if (conn.request_path() == "/health") {
            CHECK(e.code() == 426 && conn.respond(200, "Content-Type: text/plain", "fine\n"));
        } else {
            CHECK(conn.refuse(403, {}, "no\n"));
        }
    });
    loop.on_open([](const ws::Event &e) { CHECK(e.data() == "chat" && e.connection().subprotocol() == "chat"); });
    const Running running(loop);
    ws::ConnectOptions offer;
    offer.subprotocols = {"other", "chat"};
    ws::Connection client = ws::connect(url(loop, "/chat"), offer);
    CHECK(client.subprotocol() == "chat");
    client.close();
    try {
        ws::connect(url(loop, "/elsewhere"));
        CHECK(!"403");
    } catch (const ws::HandshakeError &e) {
        CHECK(e.http_status() == 403 && e.code() == ws::errc::refused);
    }
    const int peer = peer_connect(loop.port());
    char head[1024];
    CHECK(peer_write(peer, "GET /health HTTP/1.1\r\nHost: h\r\n\r\n", 33) && peer_read_head(peer, head, sizeof head) > 0);
    CHECK(strncmp(head, "HTTP/1.1 200 ", 13) == 0);
    close(peer);
}

void errors() {
    ws::LoopOptions bad;
    bad.max_frame_bytes = -1;
    THROWS(ws::InvalidArgument, option, ws::Loop(bad));
    ws::Loop loop;
    THROWS(ws::InvalidArgument, argument, loop.listen("127.0.0.1", 65536));
    THROWS(ws::InvalidArgument, url, loop.connect("http://127.0.0.1/"));
    THROWS(ws::InvalidArgument, handle, ws::LoopConnection().send_text("x"));
    THROWS(ws::InvalidArgument, argument, loop.publish("", ws::opcode::text, "x"));
    THROWS(ws::InvalidArgument, argument, loop.publish(std::string("a\0b", 3), ws::opcode::text, "x"));
    loop.set(ws::option::queue_bytes, 100000);
    CHECK(loop.get(ws::option::queue_bytes) == 100000);
    int fd = -1;
    const int peer = peer_pair(&fd);
    const ws::LoopConnection conn = loop.adopt(fd, ws::adopt::server);
    THROWS(ws::InvalidArgument, utf8, conn.send_text("\xff"));
    THROWS(ws::InvalidArgument, close_code, conn.close(1005));
    THROWS(ws::InvalidArgument, control_size, conn.ping(std::string(126, 'p')));
    const std::string block(60000, 'b');
    bool full = false;
    for (int i = 0; i < 100 && !full; i++) {
        full = !conn.send_binary(block); // nobody reads
    }
    CHECK(full && ws_last_error() == WS_ERR_QUEUE_FULL);
    conn.abort();
    close(peer);
    ws::Loop moved = std::move(loop);
    THROWS(ws::InvalidArgument, handle, loop.run());
    THROWS(ws::InvalidArgument, handle, loop.on_open({}));
    loop.stop();
    loop.close();
    moved.close();
    moved.close();
    CHECK(!conn.is_open() && !conn.pause());
    THROWS(ws::InvalidArgument, handle, moved.run());
}

/// fd() in somebody else's poll.
void inside_another_loop() {
    ws::Loop loop;
    int messages = 0;
    loop.listen("127.0.0.1", 0);
    loop.on_message([&](const ws::Event &e) { messages += e.connection().send(e.opcode(), e.data()); });
    std::thread thread([to = url(loop)] {
        ws::Connection client = ws::connect(to);
        for (int i = 0; i < 100; i++) {
            client.send_text("tick");
            CHECK(client.recv_message()->payload_text() == "tick");
        }
        client.close();
    });
    pollfd watched = {static_cast<int>(loop.fd()), POLLIN, 0};
    while (loop.metrics().total == 0 || loop.metrics().open > 0 || messages < 100) {
        CHECK(poll(&watched, 1, 20000) == 1);
        loop.step(0);
    }
    thread.join();
    CHECK(messages == 100);
}

ws::Loop *to_stop;

void stops() {
    ws::Loop loop;
    loop.stop(); // before: the next run returns at once
    loop.run();
    std::thread thread([&] { loop.stop(); });
    loop.run();
    thread.join();
    to_stop = &loop;
    std::signal(SIGALRM, [](int) { to_stop->stop(); });
    alarm(1);
    loop.run();
    CHECK(loop.step(0) == 0);
}

/// A drain that ends inside a step, as under another event loop, is told and remembered.
void a_step_tells_of_the_drain() {
    ws::Loop loop;
    int told = 0;
    loop.listen("127.0.0.1", 0);
    loop.on_drained([&](const ws::Event &e) { told += e.kind() == ws::event::drained; });
    loop.drain(1000);
    while (!loop.drained()) {
        loop.step(1000);
    }
    CHECK(told == 1);
    loop.run(); // returns at once
}

/// A connection that is closed before it is open does not open later.
void closing_before_opening() {
    ws::Loop loop;
    loop.listen("127.0.0.1", 0);
    const ws::LoopConnection conn = loop.connect(url(loop));
    bool over = false;
    loop.on_open([&](const ws::Event &e) { CHECK(e.connection() != conn); });
    loop.on_close([&](const ws::Event &e) { over = over || e.connection() == conn; });
    CHECK(conn.close() && !conn.close());
    while (!over) {
        loop.step(1000);
    }
    CHECK(!conn.is_open());
}

/// A drain tells everybody 1001 and ends run; what was owned is given back.
void drains_and_leaks_nothing() {
    const std::int64_t handles = ws_handle_count();
    const int descriptors = descriptor_count();
    for (int i = 0; i < 20; i++) {
        ws::Loop loop;
        loop.listen("127.0.0.1", 0);
        loop.on_open([&](const ws::Event &) { loop.drain(10000); });
        std::thread thread([to = url(loop)] {
            ws::Connection client = ws::connect(to);
            CHECK(!client.recv_message() && client.close_code() == WS_CLOSE_GOING_AWAY);
        });
        loop.run();
        thread.join();
        ws::Loop other;
        other = std::move(loop);
    }
    CHECK(ws_handle_count() == handles && descriptor_count() <= descriptors + 4);
}

} // namespace

CASES({"echo", echo},
      {"both_ends_in_one_loop", both_ends_in_one_loop},
      {"exceptions_lose_nothing", exceptions_lose_nothing},
      {"topics_and_broadcast", topics_and_broadcast},
      {"requests", requests},
      {"errors", errors},
      {"inside_another_loop", inside_another_loop},
      {"stops", stops},
      {"a_step_tells_of_the_drain", a_step_tells_of_the_drain},
      {"closing_before_opening", closing_before_opening},
      {"drains_and_leaks_nothing", drains_and_leaks_nothing})

/// Numbers with names, containers of bytes, and iteration: what C++ programmers write without looking it up compiles, and means that.
#include <array>
#include <cstddef>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "check.h"
#include "throws.hpp"
#include "websocket.hpp"

namespace {

static_assert(ws::CloseCode(1001) == ws::close_code::going_away && ws::close_code::going_away == ws::CloseCode(1001));
static_assert(ws::CloseCode(4000) != ws::close_code::normal && ws::CloseCode(4000) == 4000 && ws::Opcode(ws::opcode::text) == 1);
static_assert(std::is_same_v<decltype(ws::Opcode(ws::opcode::text) + 0), std::int64_t>);
#if __cplusplus >= 202002L
static_assert(std::input_iterator<ws::Connection::iterator> && std::sentinel_for<ws::Connection::sentinel, ws::Connection::iterator>);
#endif

/// Both ends of a connection, in this thread.
struct Pair {
    ws::Connection server, client;
    Pair() {
        int fds[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        server = ws::Connection::from_server(fds[0]);
        client = ws::Connection::from_client(fds[1]);
    }
};

void codes_have_names_and_numbers() {
    Pair named, numbered;
    named.client.send_close(ws::close_code::going_away);
    CHECK(named.server.recv_frame()->close_code() == ws::close_code::going_away && named.server.close_code() == 1001);
    numbered.client.send_close(4000, "ours");
    const ws::CloseCode code = numbered.server.recv_frame()->close_code();
    CHECK(code == 4000 && code != ws::close_code::normal);
    std::ostringstream out;
    out << code;
    CHECK(out.str() == "4000");
    named.server.close(ws::close_code::normal);
    CHECK(ws::Frame::close(ws::close_code::policy).close_code() == 1008);
    switch (ws::Frame::text("x").opcode()) {
    case WS_OPCODE_TEXT:
        break;
    default:
        CHECK(!"text");
    }
}

void bytes_come_in_containers() {
    Pair pair;
    pair.client.send_binary(std::vector<unsigned char>{1, 0, 255});
    CHECK(pair.server.recv_message()->payload_text() == std::string_view("\1\0\xff", 3));
    pair.client.send_binary(std::array<std::byte, 2>{std::byte{7}, std::byte{8}});
    CHECK(pair.server.recv_message()->payload_text() == "\7\x08");
    pair.client.send_binary(std::string("text as bytes"));
    const std::optional<ws::Frame> got = pair.server.recv_message();
    CHECK(got->opcode() == ws::opcode::binary && got->payload_text() == "text as bytes");
    CHECK(ws::Frame::binary(std::vector<char>{'a', 'b'}).payload_text() == "ab");
    pair.client.send_fragment(ws::opcode::text, "one ", false);
    pair.client.send_fragment(ws::opcode::continuation, "message", true);
    pair.client.send_close(ws::close_code::normal);
    int messages = 0;
    for (const ws::Frame &message : pair.server) {
        CHECK(message.payload_text() == "one message" && message.opcode() == ws::opcode::text);
        messages++;
    }
    CHECK(messages == 1);
}

void loops_take_the_same() {
    ws::Loop loop;
    loop.set(ws::option::queue_policy, ws::queue::drop_oldest);
    CHECK(loop.get(ws::option::queue_policy) == WS_QUEUE_DROP_OLDEST);
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    const ws::LoopConnection conn = loop.adopt(fds[0], ws::adopt::server);
    ws::Connection peer = ws::Connection::from_client(fds[1]);
    loop.on_message([&](const ws::Event &e) {
        CHECK(e.opcode() == ws::opcode::text && e.connection().send(ws::opcode::binary, e.data()));
        CHECK(e.connection().subscribe("room") && loop.publish("room", e.opcode(), e.data()) == 1);
        CHECK(e.connection().send_binary(std::vector<std::byte>(3)) && e.connection().close(ws::close_code::going_away));
    });
    bool over = false;
    loop.on_close([&](const ws::Event &e) {
        CHECK(e.code() == ws::close_code::going_away && e.connection() == conn);
        over = true;
    });
    std::thread thread([&peer] {
        peer.send_text("hello");
        int messages = 0;
        for (const ws::Frame &message : peer) {
            CHECK(message.payload_len() > 0);
            messages++;
        }
        CHECK(messages == 3 && peer.close_code() == ws::close_code::going_away);
        peer.close();
    });
    while (!over) {
        loop.step(1000);
    }
    thread.join();
}

} // namespace

CASES({"codes_have_names_and_numbers", codes_have_names_and_numbers},
      {"bytes_come_in_containers", bytes_come_in_containers},
      {"loops_take_the_same", loops_take_the_same})

/// ws::Frame: the 5 fields and 15 methods of WsFrame, each with its sentence of the API reference (RFC 6455 §5.2, §5.5).
#include "items.hpp"

namespace {

using ws::Frame;

// ---- fields ----

void opcode_field() {
    End server(true);
    EXPECT(peer_sends(server.peer, 0x82, "b", true) && peer_sends(server.peer, 0x89, "", true) && peer_sends(server.peer, 0x88, "", true));
    EXPECT(server.conn.recv_frame()->opcode() == WS_OPCODE_BINARY);
    EXPECT(server.conn.recv_frame()->opcode() == WS_OPCODE_PING);
    EXPECT(server.conn.recv_frame()->opcode() == WS_OPCODE_CLOSE);
    EXPECT(!server.conn.recv_frame());   // where the reference has opcode -1
    EXPECT(Frame().opcode() == -1);
}

void payload_field() {
    const char data[] = {'a', 0, 'b'};
    const Frame frame = Frame::binary(data, 3);
    EXPECT(frame.payload() != 0 && frame.data() != data); // a copy
    EXPECT(frame.payload() == static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(frame.data())));
    EXPECT(std::memcmp(frame.data(), data, 3) == 0 && frame.data()[3] == '\0');
    EXPECT(Frame::ping().payload() == 0);
}

void payload_len_field() {
    EXPECT(Frame::text("f\xc3\xbc").payload_len() == 3 && Frame::text("").payload_len() == 0);
}

void is_final_field() {
    End server(true);
    EXPECT(Frame::text("made").is_final());
    EXPECT(peer_sends(server.peer, 0x01, "a", true) && peer_sends(server.peer, 0x80, "b", true));
    EXPECT(!server.conn.recv_frame()->is_final() && server.conn.recv_frame()->is_final());
    Frame part = Frame::text("p");
    part.set_final(false);
    EXPECT(!part.is_final());
}

void is_masked_field() {
    End server(true), client(false);
    EXPECT(!Frame::text("made").is_masked());
    EXPECT(peer_sends(server.peer, 0x81, "up", true) && peer_sends(client.peer, 0x81, "down", false));
    const Frame up = *server.conn.recv_frame(), down = *client.conn.recv_frame();
    EXPECT(up.is_masked() && up.payload_text() == "up" && !down.is_masked());
}

// ---- constructors ----

/// "Create a new WebSocket frame with custom opcode and payload."
void new_method() {
    const Frame frame = Frame::create(ws::opcode::continuation, "rest");
    EXPECT(frame.opcode() == WS_OPCODE_CONTINUATION && frame.payload_text() == "rest" && frame.is_final());
    EXPECT_THROWS(ws::InvalidArgument, argument, Frame::create(static_cast<ws::opcode>(3), "x"));
    EXPECT_THROWS(ws::InvalidArgument, control_size, Frame::create(ws::opcode::ping, std::string(126, 'p')));
}

/// "Create a text frame from a string message."
void text_method() {
    std::string msg = "h\xc3\xa9llo";
    const Frame frame = Frame::text(msg);
    msg.assign(msg.size(), 'x');
    EXPECT(frame.is_text() && frame.payload_text() == "h\xc3\xa9llo");
    EXPECT(Frame::text(std::string_view("a\0b", 3)).payload_text() == std::string_view("a\0b", 3));
    EXPECT_THROWS(ws::InvalidArgument, utf8, Frame::text("\xff"));
}

/// "Create a binary frame from raw data."
void binary_method() {
    EXPECT(Frame::binary("\0\xff", 2).payload_text() == std::string_view("\0\xff", 2) && Frame::binary(nullptr, 0).is_binary());
    EXPECT_THROWS(ws::InvalidArgument, argument, Frame::binary(nullptr, 1));
    EXPECT_THROWS(ws::InvalidArgument, argument, Frame::binary("x", static_cast<std::size_t>(-1)));
}

/// "Create a ping frame with no payload."
void ping_method() {
    const Frame frame = Frame::ping();
    EXPECT(frame.is_ping() && frame.payload_len() == 0 && frame.is_final());
}

/// "Create a pong frame (response to ping)."
void pong_method() {
    const Frame frame = Frame::pong();
    EXPECT(frame.is_pong() && frame.payload_len() == 0 && frame.is_final());
}

/// "Create a close frame with a status code."
void close_method() {
    EXPECT(Frame::close(1000).payload_text() == "\x03\xe8" && Frame::close(4999).is_close());
    for (const std::int64_t code : {-1, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
        EXPECT_THROWS(ws::InvalidArgument, close_code, Frame::close(code));
    }
}

// ---- questions: "Returns 1 if true, 0 otherwise." ----

template <bool (Frame::*Question)() const noexcept>
void asks(std::int64_t from, std::int64_t to) {
    for (const std::int64_t opcode : {0, 1, 2, 8, 9, 10}) {
        EXPECT((Frame::create(static_cast<ws::opcode>(opcode), "").*Question)() == (opcode >= from && opcode <= to));
    }
    EXPECT(!(Frame().*Question)());
}

// ---- the rest ----

/// "Get payload as string (for text frames). Returns empty string if no payload."
void payload_text_method() {
    EXPECT(Frame::text("words").payload_text() == "words" && Frame::text("").payload_text().empty());
    EXPECT(Frame().payload_text().empty() && std::strcmp(Frame().data(), "") == 0);
}

/// "Get close status code from close frame. Returns WS_CLOSE_NO_STATUS if not a close frame."
void close_code_method() {
    EXPECT(Frame::close(4321).close_code() == 4321 && Frame::create(ws::opcode::close, "").close_code() == WS_CLOSE_NO_STATUS);
    EXPECT(Frame::binary("\x03\xe8").close_code() == WS_CLOSE_NO_STATUS && Frame().close_code() == WS_CLOSE_NO_STATUS);
}

/// "Free payload memory." The destructor does it, drop does it now, moving hands it on.
void drop_method() {
    Frame frame = Frame::text("gone");
    frame.drop();
    frame.drop();
    EXPECT(frame.payload() == 0 && frame.payload_text().empty());
    Frame first = Frame::text("first"), second = Frame::text("second");
    second = std::move(first);
    EXPECT(second.payload_text() == "first" && first.opcode() == -1 && first.payload() == 0);
    Frame &same = second;
    second = std::move(same);
    EXPECT(second.payload_text() == "first");
}

} // namespace

const std::vector<Item> &frame_items() {
    static const std::vector<Item> items = {
        {"WsFrame.opcode", opcode_field},
        {"WsFrame.payload", payload_field},
        {"WsFrame.payload_len", payload_len_field},
        {"WsFrame.is_final", is_final_field},
        {"WsFrame.is_masked", is_masked_field},
        {"WsFrame.new()", new_method},
        {"WsFrame.text()", text_method},
        {"WsFrame.binary()", binary_method},
        {"WsFrame.ping()", ping_method},
        {"WsFrame.pong()", pong_method},
        {"WsFrame.close()", close_method},
        {"WsFrame.is_control()", [] { asks<&Frame::is_control>(8, 10); }},
        {"WsFrame.is_text()", [] { asks<&Frame::is_text>(1, 1); }},
        {"WsFrame.is_binary()", [] { asks<&Frame::is_binary>(2, 2); }},
        {"WsFrame.is_close()", [] { asks<&Frame::is_close>(8, 8); }},
        {"WsFrame.is_ping()", [] { asks<&Frame::is_ping>(9, 9); }},
        {"WsFrame.is_pong()", [] { asks<&Frame::is_pong>(10, 10); }},
        {"WsFrame.payload_text()", payload_text_method},
        {"WsFrame.close_code()", close_code_method},
        {"WsFrame.drop()", drop_method},
    };
    return items;
}

/// ws::Connection: the 4 fields and 13 methods of WsConnection, each with its sentence of the API reference (RFC 6455 §5–§7).
#include <fcntl.h>

#include "items.hpp"

namespace {

using ws::Connection;
using ws::Frame;

/// A call on a closed connection and on none throws, and the peer sees nothing but the end.
template <typename Call>
void refuses(Call call) {
    End client(false);
    Connection none;
    client.conn.force_close();
    EXPECT_THROWS(ws::ConnectionClosed, closed, call(client.conn));
    EXPECT_THROWS(ws::InvalidArgument, handle, call(none));
    EXPECT(peer_ended(client.peer));
}

// ---- fields ----

/// "TCP socket file descriptor"
void fd_field() {
    int fd = -1;
    const Peer peer(peer_pair(&fd));
    Connection conn = Connection::from_server(fd);
    EXPECT(conn.fd() == fd);
    conn.force_close();
    EXPECT(conn.fd() == -1 && Connection().fd() == -1 && fcntl(fd, F_GETFD) == -1);
}

/// "1 if server-side, 0 if client-side"
void is_server_field() {
    EXPECT(End(true).conn.is_server() && !End(false).conn.is_server() && !Connection().is_server());
}

/// "Connection state (WS_STATE_*)"
void state_field() {
    End server(true);
    EXPECT(server.conn.state() == ws::state::open);
    server.conn.send_close(1000);
    EXPECT(server.conn.state() == ws::state::closing);
    EXPECT(peer_sends(server.peer, 0x88, "\x03\xe8", true) && server.conn.recv_frame()->is_close());
    EXPECT(server.conn.state() == ws::state::closed && Connection().state() == ws::state::closed);
}

/// "Mask key for client->server frames"
void mask_key_field() {
    static PeerFrame seen;
    End client(false), server(true);
    EXPECT(client.conn.mask_key() == 0);
    client.conn.send_text("a");
    EXPECT(peer_sees(client.peer, 0x81, "a", true, &seen) && client.conn.mask_key() == static_cast<std::int64_t>(seen.key));
    const std::int64_t first = client.conn.mask_key();
    client.conn.send_text("b");
    EXPECT(peer_sees(client.peer, 0x81, "b", true, &seen) && client.conn.mask_key() == static_cast<std::int64_t>(seen.key));
    EXPECT(client.conn.mask_key() != first);
    server.conn.send_text("c");
    EXPECT(server.conn.mask_key() == 0);
}

// ---- making one ----

template <Connection (*Make)(std::int64_t)>
void makes(bool server, std::string_view text) {
    int fd = -1;
    const Peer peer(peer_pair(&fd));
    Connection conn = Make(fd);
    EXPECT(conn.is_server() == server && conn.is_open() && peer_silent(peer));
    conn.send_text(text);
    EXPECT(peer_sees(peer, 0x81, text, !server));
    EXPECT_THROWS(ws::Error, argument, Make(-1));
    const Peer file(open("/dev/null", O_RDWR));
    bool thrown = false;
    try {
        Make(file);
    } catch (const ws::Error &) {
        thrown = true;
    }
    EXPECT(thrown && fcntl(file, F_GETFD) >= 0); // what failed stays the caller's
}

/// "Check if connection is open. Returns 1 if open, 0 otherwise."
void is_open_method() {
    End server(true);
    EXPECT(server.conn.is_open() && !Connection().is_open());
    server.conn.send_close(1000);
    EXPECT(!server.conn.is_open());
}

// ---- sending: "Returns bytes sent on success, -1 on error." ----

/// "Send a WebSocket frame."
void send_frame_method() {
    End client(false);
    Frame part = Frame::text("be");
    const Frame rest = Frame::create(ws::opcode::continuation, "gun");
    EXPECT_THROWS(ws::InvalidArgument, state, client.conn.send_frame(rest));
    part.set_final(false);
    EXPECT(client.conn.send_frame(part) == 8 && peer_sees(client.peer, 0x01, "be", true));
    EXPECT(client.conn.send_frame(rest) == 9 && peer_sees(client.peer, 0x80, "gun", true));
    EXPECT_THROWS(ws::InvalidArgument, argument, client.conn.send_frame(Frame()));
    EXPECT(peer_silent(client.peer));
    EXPECT(client.conn.send_frame(Frame::create(ws::opcode::close, "")) == 6 && peer_sees(client.peer, 0x88, "", true));
    refuses([](Connection &c) { return c.send_frame(Frame::ping()); });
}

/// "Send a text message."
void send_text_method() {
    End server(true);
    EXPECT(server.conn.send_text("h\xc3\xa9") == 5 && peer_sees(server.peer, 0x81, "h\xc3\xa9", false));
    EXPECT(server.conn.send_text({}) == 2 && peer_sees(server.peer, 0x81, "", false));
    EXPECT(server.conn.send_text(std::string_view("a\0b", 3)) == 5 && peer_sees(server.peer, 0x81, std::string_view("a\0b", 3), false));
    EXPECT_THROWS(ws::InvalidArgument, utf8, server.conn.send_text("\xff"));
    EXPECT(peer_silent(server.peer) && server.conn.is_open());
    refuses([](Connection &c) { return c.send_text("late"); });
}

/// "Send binary data."
void send_binary_method() {
    End client(false);
    EXPECT(client.conn.send_binary("\0\xff", 2) == 8 && peer_sees(client.peer, 0x82, std::string_view("\0\xff", 2), true));
    EXPECT(client.conn.send_binary(nullptr, 0) == 6 && peer_sees(client.peer, 0x82, "", true));
    EXPECT_THROWS(ws::InvalidArgument, argument, client.conn.send_binary(nullptr, 1));
    EXPECT_THROWS(ws::InvalidArgument, too_large, client.conn.send_binary("x", INT64_MAX));
    EXPECT(peer_silent(client.peer));
    refuses([](Connection &c) { return c.send_binary("late"); });
}

/// "Send a ping frame."
void send_ping_method() {
    End client(false);
    EXPECT(client.conn.send_ping() == 6 && peer_sees(client.peer, 0x89, "", true));
    EXPECT(client.conn.send_ping("who") == 9 && peer_sees(client.peer, 0x89, "who", true));
    EXPECT_THROWS(ws::InvalidArgument, control_size, client.conn.send_ping(std::string(126, 'p')));
    refuses([](Connection &c) { return c.send_ping(); });
}

/// "Send a pong frame (response to ping)."
void send_pong_method() {
    End server(true);
    EXPECT(server.conn.send_pong() == 2 && peer_sees(server.peer, 0x8a, "", false));
    EXPECT(peer_sends(server.peer, 0x89, "latest", true) && server.conn.recv_frame()->is_ping());
    EXPECT(server.conn.send_pong() == 8 && peer_sees(server.peer, 0x8a, "latest", false)); // RFC 6455 §5.5.3
    refuses([](Connection &c) { return c.send_pong(); });
}

/// "Send a close frame with status code."
void send_close_method() {
    End server(true);
    EXPECT_THROWS(ws::InvalidArgument, close_code, server.conn.send_close(WS_CLOSE_NO_STATUS));
    EXPECT(peer_silent(server.peer) && server.conn.is_open());
    EXPECT(server.conn.send_close(1001, "bye") == 7 && peer_sees(server.peer, 0x88, "\x03\xe9" "bye", false));
    EXPECT_THROWS(ws::ConnectionClosed, closed, server.conn.send_text("after"));
    refuses([](Connection &c) { return c.send_close(1000); });
}

// ---- receiving and closing ----

/// "Receive a WebSocket frame. Returns frame with opcode=-1 on error or connection closed. Automatically handles close
/// handshake and responds to close frames." In C++ the end is an empty optional, and an error an exception.
void recv_frame_method() {
    End server(true), broken(true);
    EXPECT(peer_sends(server.peer, 0x81, "one", true) && peer_sends(server.peer, 0x88, "\x0f\xa1" "bye", true));
    EXPECT(server.conn.recv_frame()->payload_text() == "one");
    EXPECT(server.conn.recv_frame()->close_code() == 4001 && peer_sees(server.peer, 0x88, "\x0f\xa1", false));
    EXPECT(!server.conn.recv_frame() && server.conn.close_code() == 4001 && server.conn.close_reason() == "bye");
    EXPECT_THROWS(ws::InvalidArgument, handle, Connection().recv_frame());
    EXPECT(peer_sends(broken.peer, 0x81, "x", false));
    EXPECT_THROWS(ws::ProtocolError, protocol, broken.conn.recv_frame());
    int fd = -1;
    Connection lonely;
    {
        const Peer gone(peer_pair(&fd));
        lonely = Connection::from_server(fd);
    }
    EXPECT_THROWS(ws::ConnectionClosed, abnormal, lonely.recv_frame());
}

/// "Close the WebSocket connection gracefully (sends close frame if open)."
void close_method() {
    End client(false);
    EXPECT(peer_sends(client.peer, 0x88, "\x0f\xa0", false)); // the answer waits already
    EXPECT_THROWS(ws::InvalidArgument, close_code, client.conn.close(1005));
    EXPECT_THROWS(ws::InvalidArgument, argument, client.conn.close(4000, std::string("a\0b", 3)));
    EXPECT(client.conn.is_open());
    client.conn.close(4000, "done");
    EXPECT(peer_sees(client.peer, 0x88, "\x0f\xa0" "done", true) && peer_ended(client.peer) && !client.conn.is_open());
    client.conn.close(); // harmless
    EXPECT_THROWS(ws::InvalidArgument, handle, Connection().close());
}

/// "Force close without handshake (immediately closes TCP socket)."
void force_close_method() {
    End client(false);
    client.conn.force_close();
    EXPECT(peer_ended(client.peer) && client.conn.state() == ws::state::closed);
    client.conn.force_close(); // harmless
}

/// "Cleanup / destructor (calls force_close)." Moving hands the connection on.
void drop_method() {
    const std::int64_t handles = ws_handle_count();
    End first(false), second(false);
    EXPECT(ws_handle_count() == handles + 2);
    second.conn = std::move(first.conn);
    EXPECT(ws_handle_count() == handles + 1 && peer_ended(second.peer) && peer_silent(first.peer) && first.conn.handle() == -1);
    {
        const Connection taken = std::move(second.conn);
        EXPECT(taken.is_open());
    }
    EXPECT(ws_handle_count() == handles && peer_ended(first.peer));
    second.conn.drop(); // harmless
}

} // namespace

const std::vector<Item> &connection_items() {
    static const std::vector<Item> items = {
        {"WsConnection.fd", fd_field},
        {"WsConnection.is_server", is_server_field},
        {"WsConnection.state", state_field},
        {"WsConnection.mask_key", mask_key_field},
        {"WsConnection.from_server()", [] { makes<Connection::from_server>(true, "unmasked"); }},
        {"WsConnection.from_client()", [] { makes<Connection::from_client>(false, "masked"); }},
        {"WsConnection.is_open()", is_open_method},
        {"WsConnection.send_frame()", send_frame_method},
        {"WsConnection.send_text()", send_text_method},
        {"WsConnection.send_binary()", send_binary_method},
        {"WsConnection.send_ping()", send_ping_method},
        {"WsConnection.send_pong()", send_pong_method},
        {"WsConnection.send_close()", send_close_method},
        {"WsConnection.recv_frame()", recv_frame_method},
        {"WsConnection.close()", close_method},
        {"WsConnection.force_close()", force_close_method},
        {"WsConnection.drop()", drop_method},
    };
    return items;
}

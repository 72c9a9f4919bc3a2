/// The 25 constants: their values are those of the API reference, as macros and as enumerators or constexpr values of namespace ws.
#include "items.hpp"

namespace {

template <std::int64_t Macro, std::int64_t Typed, std::int64_t Value>
void same() {
    static_assert(Macro == Typed);
    EXPECT(Macro == Value);
}

template <typename E>
constexpr std::int64_t number(E value) {
    return static_cast<std::int64_t>(value);
}

} // namespace

#define TYPED(name, type, value, expected) {#name, same<name, number(ws::type::value), expected>}
#define SIZE(name, constant, expected) {#name, same<name, ws::abi::constant, expected>}

const std::vector<Item> &constant_items() {
    static const std::vector<Item> items = {
        TYPED(WS_OPCODE_CONTINUATION, opcode, continuation, 0),
        TYPED(WS_OPCODE_TEXT, opcode, text, 1),
        TYPED(WS_OPCODE_BINARY, opcode, binary, 2),
        TYPED(WS_OPCODE_CLOSE, opcode, close, 8),
        TYPED(WS_OPCODE_PING, opcode, ping, 9),
        TYPED(WS_OPCODE_PONG, opcode, pong, 10),
        TYPED(WS_CLOSE_NORMAL, close_code, normal, 1000),
        TYPED(WS_CLOSE_GOING_AWAY, close_code, going_away, 1001),
        TYPED(WS_CLOSE_PROTOCOL_ERROR, close_code, protocol_error, 1002),
        TYPED(WS_CLOSE_UNSUPPORTED, close_code, unsupported, 1003),
        TYPED(WS_CLOSE_NO_STATUS, close_code, no_status, 1005),
        TYPED(WS_CLOSE_ABNORMAL, close_code, abnormal, 1006),
        TYPED(WS_CLOSE_INVALID_DATA, close_code, invalid_data, 1007),
        TYPED(WS_CLOSE_POLICY, close_code, policy, 1008),
        TYPED(WS_CLOSE_TOO_LARGE, close_code, too_large, 1009),
        TYPED(WS_CLOSE_EXTENSION, close_code, extension, 1010),
        TYPED(WS_CLOSE_UNEXPECTED, close_code, unexpected, 1011),
        TYPED(WS_STATE_CONNECTING, state, connecting, 0),
        TYPED(WS_STATE_OPEN, state, open, 1),
        TYPED(WS_STATE_CLOSING, state, closing, 2),
        TYPED(WS_STATE_CLOSED, state, closed, 3),
        SIZE(WS_MAX_FRAME_SIZE, max_frame_size, 65536),
        SIZE(WS_HEADER_BUFFER, header_buffer, 8192),
        SIZE(WS_RECV_BUFFER, recv_buffer, 4096),
        SIZE(WS_SEND_BUFFER, send_buffer, 65550),
    };
    return items;
}

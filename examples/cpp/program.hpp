/// program.hpp: what the example servers share besides WebSocket: their command line and the line that says they are ready.
#ifndef EXAMPLE_PROGRAM_HPP
#define EXAMPLE_PROGRAM_HPP

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include "websocket.hpp"

/// The command line "PORT [--max-message BYTES] [--host ADDRESS]"; examples listen on loopback unless told otherwise.
struct Program {
    std::int64_t port = -1;
    std::int64_t max_message_bytes = 0;
    std::string host = "127.0.0.1";

    Program(int argc, char **argv) {
        for (int i = 1; i < argc; i++) {
            const std::string argument = argv[i];
            if (argument == "--max-message" && i + 1 < argc) {
                max_message_bytes = number(argv[++i], WS_LENGTH_MAX);
            } else if (argument == "--host" && i + 1 < argc) {
                host = argv[++i];
            } else if (port < 0 && argument[0] != '-') {
                port = number(argument, 65535);
            } else {
                port = -1;
                break;
            }
        }
        if (port < 0) {
            std::cerr << "usage: " << argv[0] << " PORT [--max-message BYTES] [--host ADDRESS]\n";
            std::exit(2);
        }
    }

    /// Raises the limits of a server or connection when that is asked for.
    template <typename T>
    void limit(T &object) const {
        if (max_message_bytes > 0) {
            object.set(ws::option::max_message_bytes, max_message_bytes);
            object.set(ws::option::max_frame_bytes, max_message_bytes);
        }
    }

    /// A server: bound, its limits raised, announced on standard output.
    ws::Server server() const {
        ws::Server made = ws::Server::bind(host, port);
        limit(made);
        announce(made.port());
        return made;
    }

    /// Says that the program listens.
    void announce(std::int64_t at) const { std::cout << "listening on " << host << ":" << at << std::endl; }

    /// A number from 0 to most; the program ends when it is none.
    static std::int64_t number(const std::string &text, std::int64_t most) {
        try {
            std::size_t used = 0;
            const long long n = std::stoll(text, &used);
            if (used == text.size() && n >= 0 && n <= most) {
                return n;
            }
        } catch (const std::logic_error &) {
            // no number at all, or one that is far too large
        }
        std::cerr << text << " is not a number from 0 to " << most << "\n";
        std::exit(2);
    }
};

#endif // EXAMPLE_PROGRAM_HPP

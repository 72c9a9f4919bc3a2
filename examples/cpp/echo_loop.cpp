/// WebSocket echo server on event loops: echo_loop PORT [LOOPS] [--spin US] [--max-message BYTES] [--host ADDRESS].
/// Each loop has a thread of its own; all of them share one port. SIGTERM and SIGINT end it gracefully: no new clients, 1001 "going
/// away" to those that are there.
#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include "program.hpp"

namespace {

std::vector<ws::Loop> loops;

void stop_all(int) {
    for (ws::Loop &loop : loops) {
        loop.stop();
    }
}

/// Serves until it is told to stop, then lets clients answer the close frame for 5 s at most.
void serve(ws::Loop &loop) {
    loop.run();
    loop.drain(5000);
    loop.run();
}

/// Takes LOOPS and --spin out of the command line; the rest is that of every example.
std::vector<char *> own_arguments(int argc, char **argv, std::size_t &count, std::int64_t &spin_us) {
    std::vector<char *> rest;
    int numbers = 0;
    for (int i = 0; i < argc; i++) {
        const std::string argument = argv[i];
        if (argument == "--spin" && i + 1 < argc) {
            spin_us = Program::number(argv[++i], 1000000);
        } else if (i > 0 && argument[0] != '-' && argv[i - 1][0] != '-' && numbers++ == 1) {
            count = static_cast<std::size_t>(Program::number(argument, 256));
        } else {
            rest.push_back(argv[i]);
        }
    }
    return rest;
}

} // namespace

int main(int argc, char **argv) try {
    std::size_t count = 1;
    ws::LoopOptions options;
    std::vector<char *> rest = own_arguments(argc, argv, count, options.spin_us);
    const Program program(static_cast<int>(rest.size()), rest.data());
    options.max_message_bytes = options.max_frame_bytes = program.max_message_bytes;
    std::int64_t port = program.port;
    while (loops.size() < std::max<std::size_t>(count, 1)) {
        ws::Loop loop(options);
        port = loop.listen(program.host, port, count > 1);
        if (program.max_message_bytes > 0) { // an echo of the longest message must find room behind others
            loop.set(ws::option::queue_bytes, 2 * program.max_message_bytes);
        }
        loop.on_message([](const ws::Event &message) { message.connection().send(message.opcode(), message.data()); });
        loops.push_back(std::move(loop));
    }
    std::signal(SIGINT, stop_all);
    std::signal(SIGTERM, stop_all);
    program.announce(port);

    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < loops.size(); i++) {
        threads.emplace_back([i] { serve(loops[i]); });
    }
    serve(loops[0]);
    for (std::thread &thread : threads) {
        thread.join();
    }
    return 0;
} catch (const ws::Error &e) {
    std::cerr << e.what() << "\n";
    return 1;
}

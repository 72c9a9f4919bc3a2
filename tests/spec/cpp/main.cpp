/// Walks the items of the API reference in C++: prints "item NAME", then "pass" or "fail ...". Argument: the folder of the example
/// programs.
#include <iostream>

#include "items.hpp"

std::string examples_directory;

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " EXAMPLES\n";
        return 2;
    }
    examples_directory = argv[1];
    for (const auto *items : {&constant_items(), &frame_items(), &connection_items(), &server_items(), &example_items()}) {
        for (const Item &item : *items) {
            std::cout << "item " << item.name << std::endl;
            try {
                item.test();
                std::cout << "pass" << std::endl;
            } catch (const std::exception &e) {
                std::cout << "fail " << e.what() << "; the last error is " << ws_last_error_message() << std::endl;
            }
        }
    }
    // Objects close what they own, so nothing is left.
    return ws_handle_count() == 0 ? 0 : 3;
}

// Tells LeakSanitizer of what cpprestsdk itself loses: 65 bytes a connection, in its connect().
// Must not name anything of ours.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() {
    return "leak:wspp_callback_client::connect_impl\n";
}

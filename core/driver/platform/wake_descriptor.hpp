// A descriptor that is readable while a flag is set, for hosts with their own poll loop.
// Must not be used for anything between our own threads.
#pragma once

namespace graceline::driver::platform {

class WakeDescriptor {
  public:
    WakeDescriptor();  ///< descriptor() is -1 where the system has none or refuses one.
    ~WakeDescriptor();
    WakeDescriptor(const WakeDescriptor&) = delete;
    WakeDescriptor& operator=(const WakeDescriptor&) = delete;

    int descriptor() const { return read_end_; }
    void set(bool readable);

  private:
    int read_end_ = -1;
    int write_end_ = -1;
    bool readable_ = false;
};

}  // namespace graceline::driver::platform

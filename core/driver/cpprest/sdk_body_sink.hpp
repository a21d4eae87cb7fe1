// Where cpprestsdk writes the body of an answer: a string with a limit.
// Must not throw, whatever count it is given: cpprestsdk passes on what the server wrote, a chunk
// of minus two bytes too, and an exception there would end the process. For sdk_http.cpp only.
#pragma once

#include <cpprest/astreambuf.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace graceline::driver::cpprest {

class SdkBodySink final : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
    using Base = concurrency::streams::details::streambuf_state_manager<uint8_t>;
    using Mode = std::ios_base::openmode;

  public:
    explicit SdkBodySink(std::size_t limit) : Base(std::ios_base::out), limit_(limit) {}

    bool overflowed() const {
        const std::lock_guard lock(mutex_);
        return overflowed_;
    }
    std::string take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(bytes_, {});
    }

    // The base class waits for a task of the pool in here: two threads of the pool that did so at
    // the same time would wait for ever.
    pplx::task<void> close(Mode mode) override {
        if ((mode & std::ios_base::out) != 0) m_stream_can_write = false;
        return pplx::task_from_result();
    }
    pplx::task<void> close(Mode mode, std::exception_ptr why) override {
        if (m_currentException == nullptr) m_currentException = std::move(why);
        return close(mode);
    }

    bool can_seek() const override { return false; }
    bool has_size() const override { return false; }
    std::size_t buffer_size(Mode) const override { return 0; }
    void set_buffer_size(std::size_t, Mode) override {}
    std::size_t in_avail() const override { return 0; }
    pos_type getpos(Mode) const override { return nowhere(); }
    pos_type seekpos(pos_type, Mode) override { return nowhere(); }
    pos_type seekoff(off_type, std::ios_base::seekdir, Mode) override { return nowhere(); }
    bool acquire(uint8_t*& ptr, std::size_t& count) override {
        ptr = nullptr;
        count = 0;
        return false;
    }
    void release(uint8_t*, std::size_t) override {}

  protected:
    pplx::task<int_type> _putc(uint8_t byte) override {
        return append(&byte, 1) ? pplx::task_from_result<int_type>(byte) : refuse<int_type>();
    }
    pplx::task<std::size_t> _putn(const uint8_t* data, std::size_t count) override {
        return append(data, count) ? pplx::task_from_result(count) : refuse<std::size_t>();
    }
    pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
    uint8_t* _alloc(std::size_t) override { return nullptr; }
    void _commit(std::size_t) override {}

    // Nothing is ever read from here: the mode forbids it.
    pplx::task<int_type> _bumpc() override { return pplx::task_from_result(traits::eof()); }
    int_type _sbumpc() override { return traits::eof(); }
    pplx::task<int_type> _getc() override { return pplx::task_from_result(traits::eof()); }
    int_type _sgetc() override { return traits::eof(); }
    pplx::task<int_type> _nextc() override { return pplx::task_from_result(traits::eof()); }
    pplx::task<int_type> _ungetc() override { return pplx::task_from_result(traits::eof()); }
    pplx::task<std::size_t> _getn(uint8_t*, std::size_t) override {
        return pplx::task_from_result<std::size_t>(0);
    }
    std::size_t _scopy(uint8_t*, std::size_t) override { return 0; }

  private:
    static pos_type nowhere() { return static_cast<pos_type>(traits::eof()); }

    template <typename T>
    static pplx::task<T> refuse() {
        return pplx::task_from_exception<T>(std::runtime_error("the body is above its limit"));
    }

    bool append(const uint8_t* data, std::size_t count) {
        const std::lock_guard lock(mutex_);
        if (overflowed_ || count > limit_ - bytes_.size()) {
            overflowed_ = true;
            bytes_ = {};
            return false;
        }
        bytes_.append(reinterpret_cast<const char*>(data), count);
        return true;
    }

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::string bytes_;
    bool overflowed_ = false;
};

}  // namespace graceline::driver::cpprest

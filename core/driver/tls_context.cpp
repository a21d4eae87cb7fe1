// Builds contexts and remembers them by a digest of the settings' content.
// Must not keep a private key or a certificate text outside of OpenSSL.
#include "core/driver/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <list>
#include <map>
#include <utility>

#include "core/driver/exit_gate.hpp"
#include "core/driver/platform/platform.hpp"
#include "core/driver/tls_pem.hpp"
#include "core/driver/tls_stream.hpp"
#include "core/driver/tls_verify.hpp"

namespace graceline::driver {
namespace {

using Digest = std::array<std::uint8_t, 32>;

/// Never destroyed: the I/O thread may outlive static objects by some instructions.
struct Cache {
    std::mutex mutex;
    std::map<Digest, std::weak_ptr<TlsContext>> known;
    // The latest first.
    std::list<std::shared_ptr<TlsContext>> kept;

    static Cache& instance() {
        static Cache* const cache = new Cache;
        return *cache;
    }

    void keep(const std::shared_ptr<TlsContext>& context) {
        kept.remove(context);
        kept.push_front(context);
        if (kept.size() > kMaxKeptContexts) kept.pop_back();
        std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    }
};

class Hash {
  public:
    Hash() : context_(EVP_MD_CTX_new()) {
        good_ = context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1;
    }
    ~Hash() { EVP_MD_CTX_free(context_); }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;

    // With its size, so that no two lists of fields look alike.
    void add(const void* bytes, std::size_t size) {
        good_ = good_ && EVP_DigestUpdate(context_, &size, sizeof(size)) == 1 &&
                EVP_DigestUpdate(context_, bytes, size) == 1;
    }
    void add(const std::string& text) { add(text.data(), text.size()); }
    void add(bool flag) { add(&flag, sizeof(flag)); }
    bool finish(Digest& out) {
        unsigned int size = 0;
        return good_ && EVP_DigestFinal_ex(context_, out.data(), &size) == 1;
    }

  private:
    EVP_MD_CTX* context_;
    bool good_;
};

bool digest_of(const TlsSettings& settings, Digest& out) {
    Hash hash;
    hash.add(settings.verify);
    hash.add(settings.use_system_store);
    hash.add(settings.resume_sessions);
    hash.add(settings.ca_pem);
    hash.add(settings.client_certificate_pem);
    hash.add(settings.client_key_pem);
    hash.add(settings.pins.data(), settings.pins.size() * sizeof(PublicKeyPin));
    return hash.finish(out);
}

int on_new_session(SSL* ssl, SSL_SESSION* session) {
    TlsStream* const stream = TlsStream::of(ssl);
    if (stream == nullptr) return 0;
    stream->context().sessions().put(stream->session_key(), Session(session));
    return 1;
}

}  // namespace

std::shared_ptr<TlsContext> TlsContext::obtain(const TlsSettings& settings,
                                               std::string& out_error) {
    const ExitGuard guard;
    if (!guard) {
        out_error = "the process is ending";
        return nullptr;
    }
    Digest digest{};
    if (!digest_of(settings, digest)) {
        out_error = "no memory for a TLS context";
        return nullptr;
    }
    Cache& cache = Cache::instance();
    // Held while one is built: many clients with the same settings wait for it and share it.
    const std::lock_guard lock(cache.mutex);
    std::shared_ptr<TlsContext> context;
    if (const auto found = cache.known.find(digest); found != cache.known.end()) {
        context = found->second.lock();
    }
    if (!context) {
        context.reset(new TlsContext(settings));
        out_error = context->load(settings);
        ERR_clear_error();
        if (!out_error.empty()) return nullptr;
        cache.known[digest] = context;
    }
    cache.keep(context);
    return context;
}

TlsContext::TlsContext(const TlsSettings& settings)
    : context_(SSL_CTX_new(TLS_client_method())),
      verify_(settings.verify),
      resume_(settings.resume_sessions),
      pins_(settings.pins) {}

std::string TlsContext::load(const TlsSettings& settings) {
    if (context_ == nullptr) return "OpenSSL has no TLS client";
    const std::size_t pem_bytes = settings.ca_pem.size() + settings.client_certificate_pem.size() +
                                  settings.client_key_pem.size();
    if (pem_bytes > kMaxPemBytes) return "certificates and keys together are above 4 MiB";

    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
    // WebSocket has its own end; a cut connection must not spoil the session for the next one.
    SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context_, 1);
    static constexpr std::array<unsigned char, 9> kAlpn = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context_, kAlpn.data(), kAlpn.size());

    if (resume_) {
        SSL_CTX_set_session_cache_mode(context_,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context_, on_new_session);
    } else {
        SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    }
    install_verification(context_);

    if (verify_) {
        const bool system = settings.use_system_store && platform::load_system_trust(context_);
        if (!settings.ca_pem.empty()) {
            if (std::string error = add_trusted_pem(context_, settings.ca_pem); !error.empty()) {
                return error;
            }
        } else if (!system) {
            return "there is no certificate store to trust: a CA bundle is needed";
        }
    }
    if (settings.client_certificate_pem.empty() && settings.client_key_pem.empty()) return {};
    return use_client_pem(context_, settings.client_certificate_pem, settings.client_key_pem);
}

}  // namespace graceline::driver

"""What is measured, in which unit, and what the project wants to reach.

Must not start anything: run.py does, and report.py prints.
"""

from dataclasses import dataclass, field

RAW = "raw"
HOP = "raw_hop"
OURS = "graceline"
PEERS = ("cpprest", "libwebsockets", "websocketpp")
ALL = (RAW, HOP, OURS) + PEERS


@dataclass(frozen=True)
class Figure:
    """One number of a result: its name in the result, and how it is shown."""

    name: str
    title: str
    unit: str
    value: str  # The key in the program's answer.
    higher_is_better: bool = False
    digits: int = 3
    compared: bool = True  # Whether a ratio to raw means anything.


@dataclass(frozen=True)
class Metric:
    """One measurement: a subject's program started once a round."""

    name: str
    program: str  # The metric that the subject's program knows.
    path: str
    figures: tuple
    scheme: str = "plain"  # plain, tls (with session tickets), tls_fresh (without).
    subjects: tuple = ALL
    arguments: dict = field(default_factory=dict)
    quick: dict = field(default_factory=dict)
    slow_subjects: dict = field(default_factory=dict)  # Arguments for subjects that take long.
    rounds: int = 0  # 0: as many as the run has.
    timeout_s: float = 30.0
    latency: bool = False  # Pinned by default, see README.md.
    together: bool = False  # All subjects at the same time: they only sleep.


def _flood(name, title, scheme):
    return Metric(
        name, "flood", "/flood?size=100",
        (Figure(name, title, "messages/s", "msg_per_s", True, 0),
         Figure(name + "_cpu", title + ": CPU of the client a message", "ns", "cpu_ns", digits=1)),
        scheme=scheme, arguments={"seconds": 0.8, "warmup": 0.25},
        quick={"seconds": 0.4, "warmup": 0.15})


def _send(name, title, scheme):
    return Metric(
        name, "send", "/sink",
        (Figure(name, title, "messages/s", "msg_per_s", True, 0),
         Figure(name + "_cpu", title + ": CPU of the client a message", "ns", "cpu_ns", digits=1)),
        scheme=scheme, arguments={"seconds": 0.8}, quick={"seconds": 0.4})


def _once(name, title, program, scheme, count):
    return Metric(
        name, program, "/idle", (Figure(name, title, "ms", "p50_ms"),), scheme=scheme,
        arguments={"count": count}, quick={"count": max(10, count // 4)},
        slow_subjects={"cpprest": {"count": 10}}, latency=True)


def _release(name, title, scheme):
    return Metric(
        name, "release", "/freeze",
        (Figure(name, title + ": the call returns after", "ms", "ms"),
         Figure(name + "_gone", title + ": the socket is gone after", "ms", "gone_ms")),
        scheme=scheme, arguments={"bound": 20}, quick={"bound": 6}, timeout_s=60)


def _idle(count, scheme):
    tls = scheme != "plain"
    kind = "TLS " if tls else ""
    name = f"idle_{'tls_' if tls else ''}{count}"
    figures = [
        Figure(f"threads_{'tls_' if tls else ''}{count}", f"threads of a process with {count} "
               f"{kind}clients", "threads", "threads_n", digits=0, compared=False),
        Figure(f"rss_{'tls_' if tls else ''}{count}", f"memory of one more idle {kind}client, of "
               f"{count}", "KiB", "kib_per_client", digits=1, compared=False),
    ]
    if count == 1000:
        figures.append(Figure("threads_1", "threads of a process with 1 client", "threads",
                              "threads_1", digits=0, compared=False))
        figures.append(Figure("rss_1", "memory of the whole process with 1 client", "KiB",
                              "rss_kib_1", digits=0, compared=False))
    return Metric(name, "idle", "/idle", tuple(figures), scheme="tls" if tls else "plain",
                  arguments={"count": count}, rounds=2, timeout_s=90)


def _wakeups(name, program, title, subjects=ALL):
    return Metric(name, program, "/idle",
                  (Figure(name, title, "1/s", "per_s", digits=2, compared=False),),
                  subjects=subjects, arguments={"seconds": 5}, quick={"seconds": 2}, rounds=2,
                  together=True)


_QUERY_FIGURES = tuple(
    Figure(f"query_{name}", f"graceline_client_{call}()", "ns", f"{name}_ns", digits=1,
           compared=False)
    for name, call in (("connection_status", "connection_status"),
                       ("background_task_enabled", "background_task_enabled"),
                       ("needs_refresh", "needs_refresh"),
                       ("background_time_remaining", "background_time_remaining_ms")))

METRICS = (
    _flood("receive", "receive, flood of 100-byte text messages", "plain"),
    _flood("receive_tls", "receive, the same over TLS", "tls"),
    _send("send", "send from the app's thread, flood of 100-byte text messages", "plain"),
    Metric("echo", "echo", "/echo",
           (Figure("echo_p50", "echo round trip, p50", "µs", "p50_us", digits=1),
            Figure("echo_p99", "echo round trip, p99", "µs", "p99_us", digits=1)),
           arguments={"count": 3000}, quick={"count": 1000}, latency=True),
    Metric("pair", "pair", "/pair",
           (Figure("pair", "pair of small sends until the answer, p50", "ms", "p50_ms"),),
           arguments={"count": 25}, quick={"count": 8}, latency=True),
    _once("connect", "connect with upgrade, another client of the process being up, p50",
          "connect", "plain", 60),
    _once("connect_alone", "connect with upgrade, the only client of the process, p50",
          "connect_alone", "plain", 60),
    _once("connect_tls", "TLS connect with upgrade, fresh session, another client up, p50",
          "connect", "tls_fresh", 40),
    _once("reconnect_tls", "TLS reconnect with upgrade, server gives tickets, p50", "reconnect",
          "tls", 40),
    _once("close", "orderly close, p50", "close", "plain", 40),
    _release("release", "release with a frozen peer", "plain"),
    _release("release_tls", "release with a frozen TLS peer", "tls"),
    _idle(100, "plain"),
    _idle(1000, "plain"),
    _idle(100, "tls"),
    _wakeups("wakeups", "wakeups", "wake-ups of an idle client in foreground, ping interval as it "
             "comes (ours: 25 s)"),
    _wakeups("wakeups_ping", "wakeups_ping", "wake-ups of an idle client in foreground, ping "
             "interval 1 s", (OURS,)),
    _wakeups("wakeups_background", "wakeups_background", "wake-ups of a client in background after "
             "its deadline", (OURS,)),
    Metric("queries", "queries", "/idle", _QUERY_FIGURES, subjects=(OURS,)),
    Metric("configure_services", "configure_services", "/idle",
           (Figure("configure_services_p50", "graceline_client_configure_services(), p50", "µs",
                   "p50_us", digits=2, compared=False),
            Figure("configure_services_p99", "graceline_client_configure_services(), p99", "µs",
                   "p99_us", digits=2, compared=False)),
           subjects=(OURS,), rounds=3),
)

LIBRARY_SIZE = Figure("library_size", "size of the stripped shared library", "KiB", "kib",
                      digits=0, compared=False)


@dataclass(frozen=True)
class Target:
    """A figure of ours and what it is held against.

    kind: of (ratio to another subject, per round), best_peer (ratio to the best Debian peer),
    absolute, of_figure (ratio to another figure of ours, per round), same (as another figure).
    """

    figure: str
    kind: str
    limit: float
    against: str = ""
    at_least: bool = False


TARGETS = (
    Target("receive", "of", 0.6, RAW, True),
    Target("receive", "best_peer", 3.0, at_least=True),
    Target("receive_tls", "of", 0.5, RAW, True),
    Target("send", "of", 0.8, RAW, True),
    Target("send", "best_peer", 5.0, at_least=True),
    Target("echo_p50", "of", 1.1, HOP),
    Target("pair", "absolute", 5.0),
    Target("connect", "of", 1.3, RAW),
    Target("connect_tls", "of", 1.3, RAW),
    Target("reconnect_tls", "of_figure", 0.7, "connect_tls"),
    Target("threads_1", "absolute", 4),
    Target("threads_1000", "same", 0, "threads_1"),
    Target("rss_1000", "absolute", 10),
    Target("rss_tls_100", "absolute", 95),
    Target("release", "absolute", 1.0),
    Target("release_tls", "absolute", 1.0),
    Target("wakeups", "absolute", 0.0),
    Target("wakeups_ping", "absolute", 2.5),
    Target("wakeups_background", "absolute", 0.0),
    Target("query_connection_status", "absolute", 100),
    Target("query_background_task_enabled", "absolute", 100),
    Target("query_needs_refresh", "absolute", 100),
    Target("query_background_time_remaining", "absolute", 100),
    Target("configure_services_p50", "absolute", 5),
    Target("library_size", "absolute", 1536),
)

package caffeine.os;

/** Names of signals; apart from {@link Processes} so that only messages load it. */
final class SignalNames {
    private static final String[] NAMES = {
        "signal 0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS",
        "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG",
        "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    };

    private SignalNames() {}

    static String name(int signal) {
        return signal >= 0 && signal < NAMES.length
                ? NAMES[signal]
                : "signal ".concat(Integer.toString(signal));
    }
}

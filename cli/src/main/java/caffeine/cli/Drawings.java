package caffeine.cli;

/** What {@code --engines} prints of each engine. */
final class Drawings {

    static final String PREFORK =
            """
            A parent process accepts, and hands each client's socket to the readiest of its worker
            processes. Crashes cost a worker and no more; clients go where there is room.

                                  +-- passes the socket --> worker 1   a loop each, with
              clients --> parent -+-- passes the socket --> worker 2   many connections
                                  +-- passes the socket --> worker 3
            """;

    static final String SHARDED =
            """
            Threads that share nothing, each with its own loop, poller and listening socket. The
            fastest: a request on a kept-alive connection costs one receive and one send.

              clients --+--> listener 1 --> thread 1   the kernel spreads the clients, or with
                        +--> listener 2 --> thread 2   --accept=assign one thread that accepts
            """;

    static final String VIRTUAL =
            """
            A virtual thread for each connection, in blocking style over the JDK's own sockets; N
            threads carry them all. The JDK hides the descriptors, so what a script writes straight
            to its client elsewhere is relayed here through a pipe.

              client --> virtual thread --+     read, answer, write, and wait again:
              client --> virtual thread --+--> N carrier threads, which change to
              client --> virtual thread --+    another connection instead of waiting
            """;

    private Drawings() {}

    /** All engines. */
    static String all() {
        StringBuilder text = new StringBuilder(2_000);
        for (EngineKind kind : EngineKind.values()) {
            String obstacle = kind.obstacle();
            text.append(text.isEmpty() ? "" : "\n").append(kind.title());
            text.append(kind.title().equals(Option.ENGINE.byDefault) ? " (default)" : "");
            text.append(obstacle == null ? ": runs here\n" : ": " + obstacle + "\n");
            kind.description
                    .lines()
                    .map(line -> line.isEmpty() ? "\n" : "  " + line + "\n")
                    .forEach(text::append);
        }
        return text.toString();
    }
}

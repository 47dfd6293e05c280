package caffeine.server.poll;

/** One end of a socket pair or a pipe, as the tests of pollers need it. */
interface End extends AutoCloseable {

    /** A source of it that tells what it hears. */
    ToldSource source(ToldSource.Ear ear);

    /** Writes one byte. */
    void write();

    /** Reads one byte, which must be there. */
    void read();

    /** Ends the output alone. */
    void shutdownOutput();

    boolean isOpen();

    /** Closing twice does no harm. */
    @Override
    void close();
}

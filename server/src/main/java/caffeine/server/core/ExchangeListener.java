package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.h1.ContentSink;

/** Receives the events of one exchange, on the thread that drives the connection. */
public interface ExchangeListener extends ContentSink {

    /** For an exchange that has been answered. */
    ExchangeListener IGNORING =
            new ExchangeListener() {
                @Override
                public void content(byte[] bytes, int from, int to) {}

                @Override
                public void end() {}
            };

    /**
     * Some of the request's content, decoded; the array is valid during the call only.
     *
     * @throws HttpException to answer with an error page and close
     */
    @Override
    void content(byte[] bytes, int from, int to);

    /**
     * The request is complete.
     *
     * @throws HttpException to answer with an error page
     */
    void end();

    /** Waiting bytes have been sent: {@link Exchange#isWritable} or {@link Exchange#lend}. */
    default void writable() {}

    /** The time given by {@link Exchange#answerBy} has come. */
    default void expired() {}

    /**
     * The exchange has ended before its response: the client disconnected, violated the protocol,
     * or was too slow. Nothing may be written any more.
     */
    default void abandoned() {}
}

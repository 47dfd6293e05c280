package caffeine.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;
import caffeine.server.testing.ManualClock;

import com.sun.management.ThreadMXBean;

import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;

/** What a request of a connection that is kept alive leaves for the garbage collector. */
final class AllocationTest {

    private static final int READS = 2_000;

    /** An {@link Exchange}, which a handler may keep and ask later; less with small headers. */
    private static final int EXCHANGE_BYTES = 80;

    private static final String REQUEST =
            """
            GET /some/path?query=1 HTTP/1.1\r
            Host: localhost:8080\r
            User-Agent: test\r
            Accept: */*\r
            Connection: keep-alive\r
            \r
            """;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final ManualClock clock = new ManualClock();
    private final RecordedTransport transport = new RecordedTransport();
    private final Http1 connection =
            new Http1(
                    new ConnectionContext(
                            ServerLimits.DEFAULT,
                            Deadlines.DEFAULT,
                            Handlers.always(Response.text("Hello")),
                            new ServerEvents() {
                                @Override
                                public boolean wantsExchanges() {
                                    return false;
                                }
                            },
                            clock::nanoTime,
                            clock::epochMillis),
                    transport,
                    clock.nanoTime());

    @Test
    void isOneExchange() {
        assertThat(bytesPerRequest(1)).isPositive().isLessThan(EXCHANGE_BYTES + 1);
    }

    @Test
    void isNoMoreWherePipelined() {
        assertThat(bytesPerRequest(16)).isPositive().isLessThan(EXCHANGE_BYTES + 1);
    }

    /** Once all that is made a single time has been made. */
    private double bytesPerRequest(int atOnce) {
        byte[] requests = REQUEST.repeat(atOnce).getBytes(StandardCharsets.ISO_8859_1);
        receive(requests);
        assertThat(transport.takeSent().split("HTTP/1.1 200 OK", -1)).hasSize(READS * atOnce + 1);
        receive(requests);
        String _ = transport.takeSent(); // its room stays
        long before = threads.getCurrentThreadAllocatedBytes();
        receive(requests);
        long after = threads.getCurrentThreadAllocatedBytes();
        assertThat(connection.isIdle()).isTrue();
        return (double) (after - before) / READS / atOnce;
    }

    private void receive(byte[] requests) {
        for (int i = 0; i < READS; i++) {
            connection.received(requests, 0, requests.length, clock.nanoTime());
        }
    }
}

package caffeine.bench.peers;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** What all peers answer, and what all of them are told. */
final class Hello {
    static final String TYPE = "text/plain";
    static final String TEXT = "Hello, World!";

    private static final long MILLIS_PER_SECOND = 1000;

    /** IMF-fixdate, RFC 9110 §5.6.7: the day of the month has two digits. */
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private static volatile Stamp stamp = new Stamp(0, "");

    private Hello() {}

    /** A second and its text. */
    private record Stamp(long second, String text) {}

    /**
     * What the command line says.
     *
     * @param port where to listen, on 127.0.0.1
     * @param threads how many event loops
     * @param rest what one server alone understands
     */
    record Arguments(int port, int threads, List<String> rest) {

        static Arguments of(String[] args) {
            if (args.length < 2) {
                throw new IllegalArgumentException("PORT THREADS [...]");
            }
            return new Arguments(
                    Integer.parseInt(args[0]),
                    Integer.parseInt(args[1]),
                    List.of(args).subList(2, args.length));
        }
    }

    static byte[] content() {
        return TEXT.getBytes(StandardCharsets.US_ASCII);
    }

    /** The Date field's value, made once a second, for servers that leave the field to others. */
    static String date() {
        long second = System.currentTimeMillis() / MILLIS_PER_SECOND;
        Stamp last = stamp;
        if (last.second != second) {
            last = new Stamp(second, DATE.format(Instant.ofEpochSecond(second)));
            stamp = last;
        }
        return last.text;
    }
}

package caffeine.server.testing;

import caffeine.http.ResponseHead;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.FileRange;
import caffeine.server.core.Handler;
import caffeine.server.core.Protocol;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Upgrades, small responses, and the ends of large files: a handler that uses each seam of the
 * layers, and can be made in a worker of its own.
 *
 * <pre>
 *   /up                         101, then {@link EchoLines}
 *   /channel?BYTES&amp;PATH     the last bytes of a file, over a FileChannel
 *   /descriptor?BYTES&amp;PATH  the same over a raw descriptor
 *   /short?PATH                 more than there is in the file
 *   anything else               "small"
 * </pre>
 */
public class SeamsApp implements Handler {

    /** The same over a transport over the transport. */
    public static final class Ciphered extends SeamsApp implements Protocol.Layer {

        /** Called where a handler is named. */
        public Ciphered() {}

        @Override
        public Protocol.Factory below(Protocol.Factory protocols) {
            return Cipher.below(protocols);
        }
    }

    /** Called where a handler is named. */
    public SeamsApp() {}

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return new ExchangeListener() {
            @Override
            public void content(byte[] bytes, int from, int to) {}

            @Override
            public void end() {
                try {
                    answer(exchange);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public void writable() {
                exchange.finish();
            }
        };
    }

    private static void answer(Exchange exchange) throws IOException {
        String query = exchange.request().target().rawQuery();
        String[] words = query == null ? new String[0] : query.split("&", -1);
        switch (exchange.request().target().rawPath()) {
            case "/up" -> exchange.upgrade(EchoLines.switching(), EchoLines::new);
            case "/channel" -> {
                FileChannel file = FileChannel.open(Path.of(words[1]));
                long length = Long.parseLong(words[0]);
                send(exchange, FileRange.of(file, file.size() - length, length));
            }
            case "/descriptor" -> {
                long length = Long.parseLong(words[0]);
                long size = java.nio.file.Files.size(Path.of(words[1]));
                int fd = ErrnoException.check("open", Files.open(words[1], Files.O_RDONLY, 0));
                send(exchange, new DescriptorRange(fd, size - length, length));
            }
            case "/short" -> {
                FileChannel file = FileChannel.open(Path.of(words[0]));
                send(exchange, FileRange.of(file, file.size() - 10, 20));
            }
            default ->
                    exchange.respond(
                            ResponseHead.of(200), "small".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static void send(Exchange exchange, FileRange file) {
        exchange.respond(ResponseHead.of(200), file.length());
        exchange.write(file);
        exchange.awaitRoom();
    }
}

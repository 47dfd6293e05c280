package caffeine.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;
import caffeine.http.ResponseHead;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/** Responses of Java functions, with compression. */
class CompressionTest {

    private static final String TEXT = "0123456789abcdef".repeat(100);
    private static final String GZIP = "Host: a\r\nAccept-Encoding: gzip\r\n\r\n";

    private static String answer(Handler handler, boolean compresses, String request) {
        MemoryTransport transport = new MemoryTransport();
        ConnectionContext context =
                new ConnectionContext(
                        ServerLimits.DEFAULT,
                        Deadlines.DEFAULT,
                        handler,
                        new ServerEvents() {},
                        () -> 0,
                        () -> 0);
        context.compress(compresses);
        transport.protocol = new Http1(context, transport, 0);
        byte[] bytes = request.getBytes(StandardCharsets.ISO_8859_1);
        transport.protocol.received(bytes, 0, bytes.length, 0);
        transport.take(Integer.MAX_VALUE);
        return transport.taken();
    }

    private static String head(String answer) {
        return answer.substring(0, answer.indexOf("\r\n\r\n") + 2);
    }

    private static String decoded(String answer) {
        byte[] coded =
                answer.substring(answer.indexOf("\r\n\r\n") + 4)
                        .getBytes(StandardCharsets.ISO_8859_1);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(coded))) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Handler function(Response response) {
        return Handlers.of(_ -> response);
    }

    @Test
    void aWholeResponseHasItsNewLength() {
        Handler handler = function(Response.text(TEXT).with("ETag", "\"x\""));
        for (String version : new String[] {"1.1", "1.0"}) {
            String answer = answer(handler, true, "GET / HTTP/" + version + "\r\n" + GZIP);
            int length = answer.length() - head(answer).length() - 2;
            assertThat(head(answer))
                    .contains("Content-Length: " + length + "\r\n")
                    .contains("Content-Encoding: gzip\r\n", "Vary: Accept-Encoding\r\n")
                    .contains("ETag: W/\"x\"\r\n");
            assertThat(length).isLessThan(TEXT.length());
            assertThat(decoded(answer)).isEqualTo(TEXT);
        }
    }

    @Test
    void headHasTheHeadOfGet() {
        Handler handler = function(Response.text(TEXT));
        String get = answer(handler, true, "GET / HTTP/1.1\r\n" + GZIP);
        String head = answer(handler, true, "HEAD / HTTP/1.1\r\n" + GZIP);
        assertThat(head).isEqualTo(head(get) + "\r\n");
    }

    @Test
    void otherClientsGetTheSameText() {
        Handler handler = function(Response.text(TEXT));
        String plain = answer(handler, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(plain).contains("Vary: Accept-Encoding\r\n").endsWith("\r\n\r\n" + TEXT);
        assertThat(answer(handler, false, "GET / HTTP/1.1\r\n" + GZIP))
                .doesNotContain("Vary", "gzip")
                .endsWith("\r\n\r\n" + TEXT);
    }

    @Test
    void aShortOneStaysAsItIs() {
        assertThat(answer(function(Response.text("hi")), true, "GET / HTTP/1.1\r\n" + GZIP))
                .doesNotContain("Vary", "gzip")
                .endsWith("hi");
    }

    /** A length that was announced is kept, although the client does not see it. */
    @Test
    void aShortStreamIsCut() {
        MemoryTransport transport = new MemoryTransport();
        Handler handler =
                exchange -> {
                    exchange.mayCompress();
                    FieldList fields = FieldList.of("Content-Type", "text/plain");
                    exchange.respond(new ResponseHead(200, null, fields), 5000);
                    exchange.write(new byte[6000], 0, 4000);
                    assertThat(exchange.missingBytes()).isEqualTo(1000);
                    exchange.finish();
                    return ExchangeListener.IGNORING;
                };
        ConnectionContext context =
                new ConnectionContext(
                        ServerLimits.DEFAULT,
                        Deadlines.DEFAULT,
                        handler,
                        new ServerEvents() {},
                        () -> 0,
                        () -> 0);
        context.compress(true);
        transport.protocol = new Http1(context, transport, 0);
        byte[] request = ("GET / HTTP/1.1\r\n" + GZIP).getBytes(StandardCharsets.ISO_8859_1);
        transport.protocol.received(request, 0, request.length, 0);
        transport.take(Integer.MAX_VALUE);
        assertThat(transport.taken()).startsWith("HTTP/1.1 502");
    }
}

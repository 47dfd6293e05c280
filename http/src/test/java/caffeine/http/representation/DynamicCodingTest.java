package caffeine.http.representation;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;
import caffeine.http.ResponseHead;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPInputStream;

/** gzip for responses that are made for their request. */
class DynamicCodingTest {

    private static ResponseHead head(int status, String... fields) {
        return new ResponseHead(status, null, FieldList.of(fields));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html; charset=utf-8",
                "TEXT/PLAIN",
                "text/event-stream",
                "application/json",
                "application/problem+json",
                "image/svg+xml",
                "application/xhtml+xml;charset=utf-8",
                "application/wasm"
            })
    void isForText(String type) {
        assertThat(DynamicCoding.appliesTo(head(200, "Content-Type", type), -1)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"image/png", "application/octet-stream", "application/zip", "textual"})
    void isNotForOtherTypes(String type) {
        assertThat(DynamicCoding.appliesTo(head(200, "Content-Type", type), -1)).isFalse();
        assertThat(DynamicCoding.appliesTo(head(200), -1)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Encoding, br",
        "Content-Range, bytes 0-1/2",
        "Cache-Control, 'private, No-Transform'",
        "Content-Digest, sha-256=:x:"
    })
    void isNotForTheseFields(String name, String value) {
        ResponseHead head = head(200, "Content-Type", "text/plain", name, value);
        assertThat(DynamicCoding.appliesTo(head, 5000)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 206, 304})
    void isNotForTheseStatuses(int status) {
        assertThat(DynamicCoding.appliesTo(head(status, "Content-Type", "text/plain"), -1))
                .isFalse();
    }

    @Test
    void isForMoreThanAKibibyte() {
        ResponseHead head = head(404, "Content-Type", "text/plain");
        assertThat(DynamicCoding.appliesTo(head, 1024)).isFalse();
        assertThat(DynamicCoding.appliesTo(head, 1025)).isTrue();
    }

    @Test
    void changesTheFields() {
        ResponseHead head =
                head(
                        200,
                        "Content-Type",
                        "text/plain",
                        "ETag",
                        "\"x\"",
                        "Content-Length",
                        "9999",
                        "Accept-Ranges",
                        "bytes",
                        "Vary",
                        "Cookie");
        assertThat(DynamicCoding.coded(head).fields())
                .hasToString(
                        """
                        Content-Type: text/plain\r
                        ETag: W/"x"\r
                        Vary: Cookie\r
                        Content-Encoding: gzip\r
                        Vary: Accept-Encoding\r
                        """);
        assertThat(DynamicCoding.uncoded(head).fields().all("Vary"))
                .containsExactly("Cookie", "Accept-Encoding");
        for (String vary : List.of("*", "cookie, accept-encoding")) {
            assertThat(DynamicCoding.uncoded(head(200, "Vary", vary)).fields().all("Vary"))
                    .containsExactly(vary);
        }
        assertThat(DynamicCoding.coded(head(200, "ETag", "W/\"x\"")).fields().first("ETag"))
                .isEqualTo("W/\"x\"");
    }

    @Test
    void isForClientsThatWantIt() {
        assertThat(DynamicCoding.isWanted(FieldList.of("Accept-Encoding", "br, gzip"))).isTrue();
        assertThat(DynamicCoding.isWanted(FieldList.of("Accept-Encoding", "gzip;q=0"))).isFalse();
        assertThat(DynamicCoding.isWanted(new FieldList())).isFalse();
    }

    private static byte[] decoded(byte[] coded) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(coded))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 300_000})
    void whatIsCodedCanBeDecoded(int length) throws IOException {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        byte[] whole = Objects.requireNonNull(GzipEncoder.encode(content));
        assertThat(decoded(whole)).isEqualTo(content);

        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        try (GzipEncoder encoder = Objects.requireNonNull(GzipEncoder.open())) {
            int middle = length / 2;
            encoder.write(content, 0, middle, (b, from, to) -> coded.write(b, from, to - from));
            encoder.flush((b, from, to) -> coded.write(b, from, to - from));
            ByteBuffer rest = ByteBuffer.allocateDirect(length).put(content);
            encoder.write(rest, middle, length, (b, from, to) -> coded.write(b, from, to - from));
            encoder.finish((b, from, to) -> coded.write(b, from, to - from));
        }
        assertThat(decoded(coded.toByteArray())).isEqualTo(content);
    }

    @Test
    void theNumberOfEncodersIsLimited() {
        List<GzipEncoder> open = new ArrayList<>();
        for (GzipEncoder each = GzipEncoder.open(); each != null; each = GzipEncoder.open()) {
            open.add(each);
        }
        assertThat(open).hasSize(256);
        assertThat(GzipEncoder.encode(new byte[10])).isNull();
        open.getFirst().close();
        open.getFirst().close();
        assertThat(GzipEncoder.encode(new byte[10])).isNotNull();
        open.forEach(GzipEncoder::close);
    }
}

package caffeine.http.representation;

import static caffeine.http.representation.ContentCoding.BR;
import static caffeine.http.representation.ContentCoding.GZIP;
import static caffeine.http.representation.ContentCoding.IDENTITY;
import static caffeine.http.representation.ContentCoding.ZSTD;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Set;

@DisplayName("RFC 9110 §12.5.3")
class ContentCodingTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip | GZIP",
                "br, gzip | BR",
                "gzip, deflate, br, zstd | BR",
                "gzip, zstd | ZSTD",
                "gzip;q=1, br;q=0.9 | GZIP",
                "br;q=0.001 | BR",
                "br;q=0, gzip | GZIP",
                "br;Q=0, GZIP | GZIP",
                "x-gzip | GZIP",
                "* | BR",
                "br;q=0, * | ZSTD",
                "*;q=0 | IDENTITY",
                "gzip;q=0 | IDENTITY",
                "identity, gzip;q=0.5 | IDENTITY",
                "identity;q=0.5, gzip;q=0.5 | GZIP",
                "gzip;q=1.5 | IDENTITY",
                "gzip;q=x | IDENTITY",
                "gzip;q=0.1234 | IDENTITY",
                "gzip ; q=0.5 | GZIP",
                "notgzip, gzipped | IDENTITY",
                "deflate | IDENTITY",
                "'' | IDENTITY",
            })
    void choosesByWeight(String accepted, ContentCoding expected) {
        FieldList fields = FieldList.of("Accept-Encoding", accepted);
        assertThat(ContentCoding.choose(fields, Set.of(BR, ZSTD, GZIP))).isEqualTo(expected);
    }

    @Test
    void takesWhatThereIs() {
        FieldList fields = FieldList.of("Accept-Encoding", "br", "Accept-Encoding", "gzip;q=0.5");
        assertThat(ContentCoding.choose(fields, Set.of(GZIP))).isEqualTo(GZIP);
        assertThat(ContentCoding.choose(fields, Set.of())).isEqualTo(IDENTITY);
        assertThat(ContentCoding.choose(new FieldList(), Set.of(GZIP))).isEqualTo(IDENTITY);
    }
}

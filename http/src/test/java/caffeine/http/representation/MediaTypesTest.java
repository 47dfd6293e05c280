package caffeine.http.representation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Map;

class MediaTypesTest {

    @ParameterizedTest
    @CsvSource({
        "a.html, text/html; charset=utf-8",
        "A.HTML, text/html; charset=utf-8",
        "x/app.mjs, text/javascript; charset=utf-8",
        "data.json, application/json",
        "pic.svg, image/svg+xml",
        "some.tar.gz, application/gzip",
        "two.html.txt, text/plain; charset=utf-8",
        "site.webmanifest, application/manifest+json",
        "unknown.zzz, application/octet-stream",
        "noextension, application/octet-stream",
        "folder.html/name, application/octet-stream",
        "a.txt., application/octet-stream",
    })
    void byTheLastEnding(String name, String type) {
        assertThat(MediaTypes.with(Map.of()).of(name)).isEqualTo(type);
    }

    @Test
    void ownTypesWin() {
        MediaTypes types = MediaTypes.with(Map.of("TXT", "text/x-mine", "zzz", "a/b"));
        assertThat(types.of("a.txt")).isEqualTo("text/x-mine");
        assertThat(types.of("a.zzz")).isEqualTo("a/b");
        assertThat(types.of("a.css")).isEqualTo("text/css; charset=utf-8");
    }
}

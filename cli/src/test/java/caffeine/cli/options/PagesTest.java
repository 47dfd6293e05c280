package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.engine.StartException;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.ErrorPages.Page;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pages for errors in a configuration file. */
class PagesTest {

    @TempDir Path folder;

    @BeforeEach
    void pages() throws IOException {
        Files.writeString(folder.resolve("a.html"), "<p>é</p>");
        Files.writeString(folder.resolve("b.txt"), "b");
        Files.writeString(folder.resolve("C.JSON"), "{}");
        Files.writeString(folder.resolve("d"), "d");
        Files.createDirectory(folder.resolve("e.html"));
        Files.write(folder.resolve("latin.html"), new byte[] {(byte) 0xe9});
        Files.write(folder.resolve("long.html"), new byte[(1 << 20) + 1]);
    }

    @Test
    void areOfAStatusOrAClass() throws Exception {
        ErrorPages pages =
                read("404 = \"a.html\"\n4xx = \"b.txt\"\n503 = \"" + absolute("C.JSON") + "\"");
        String bytes =
                new String(
                        "<p>é</p>".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(pages.of(404)).isEqualTo(new Page("text/html; charset=utf-8", bytes));
        assertThat(pages.of(400)).isEqualTo(new Page("text/plain; charset=utf-8", "b"));
        assertThat(pages.of(503)).isEqualTo(new Page("application/json", "{}"));
        assertThat(pages.of(500)).isNull();
    }

    @Test
    void areNoneWithoutTheTable() throws Exception {
        Files.writeString(file(), "port = 1\n");
        assertThat(parse()).isEqualTo(ErrorPages.NONE);
        assertThat(Pages.of(null)).isEqualTo(ErrorPages.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    200 = "a.html" | error-pages: "200" is not an error status; give one from 400 to 599, or 4xx or 5xx for all others
                    304 = "a.html" | error-pages: "304" is not an error status; give one from 400 to 599, or 4xx or 5xx for all others
                    3xx = "a.html" | error-pages: "3xx" is not an error status; give one from 400 to 599, or 4xx or 5xx for all others
                    600 = "a.html" | error-pages: "600" is not an error status; give one from 400 to 599, or 4xx or 5xx for all others
                    404 = 5 | error-pages.404: 5 is a number; give text, in quotes
                    404 = ["a.html"] | error-pages.404: a list stands here; give text, in quotes
                    404 = "d" | error-pages.404: "FOLDER/d" does not say its type by its ending; name a file that ends in .html, .txt, .json, .xml or .svg
                    404 = "x.png" | error-pages.404: "FOLDER/x.png" does not say its type by its ending; name a file that ends in .html, .txt, .json, .xml or .svg
                    404 = "x.html" | error-pages.404: "FOLDER/x.html" is not there; write it, or correct the path (it begins at the folder of the configuration file)
                    404 = "e.html" | error-pages.404: "FOLDER/e.html" cannot be read: it is a folder; name a file that this user may read
                    404 = "latin.html" | error-pages.404: "FOLDER/latin.html" is not in UTF-8; save it as UTF-8, as clients will read it
                    404 = "long.html" | error-pages.404: "FOLDER/long.html" is longer than 1048576 bytes; name a smaller one
                    """)
    void mistakesNameFileLineAndWhatIsAllowed(String toml, String text) {
        assertThatThrownBy(() -> read("\n" + toml))
                .isInstanceOf(StartException.class)
                .hasMessage(file() + ":3: " + text.replace("FOLDER", folder.toString()));
    }

    @Test
    void areATable() {
        assertThatThrownBy(
                        () -> {
                            Files.writeString(file(), "error-pages = \"x.html\"\n");
                            parse();
                        })
                .isInstanceOf(StartException.class)
                .hasMessage(
                        file()
                                + ":1: error-pages: \"x.html\" is text; give a table of files by"
                                + " status, as in [error-pages] and 404 = \"404.html\"");
    }

    private Path absolute(String name) {
        return folder.resolve(name);
    }

    private Path file() {
        return folder.resolve("caffeine.toml");
    }

    private ErrorPages read(String table) throws IOException, StartException {
        Files.writeString(file(), "[error-pages]\n" + table + "\n");
        return parse();
    }

    private ErrorPages parse() throws StartException {
        Mistakes mistakes = new Mistakes();
        ErrorPages pages = Pages.of(ConfigFile.read(file().toString(), "/", mistakes));
        try {
            mistakes.check();
        } catch (UsageException e) {
            throw new AssertionError("it is the file's", e);
        }
        return pages;
    }
}

package caffeine.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;

class DetailsTest {

    @TempDir Path folder;

    private final Details details =
            Details.ofRunning(
                    List.of("http://127.0.0.1:80", "http://[::1]:80"),
                    "prefork",
                    4,
                    "/srv/\"odd\"\n",
                    10_000);

    @Test
    void areReadAsTheyWereWritten() throws Exception {
        Path file = folder.resolve("x.json");
        // One that was killed while it wrote.
        Files.writeString(folder.resolve("x.json.new"), "{\"pid\":");
        details.write(file);
        assertThat(Details.read(file)).isEqualTo(details);
        assertThat(details.pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");

        details.draining().write(file);
        assertThat(Details.read(file)).isEqualTo(details.draining());
        assertThat(folder)
                .isDirectoryContaining("glob:**/x.json")
                .isDirectoryNotContaining("glob:**/*.new");
    }

    /** Of an instance of a version before that. */
    @Test
    void mayHaveOneAddressAlone() throws Exception {
        Path file = folder.resolve("x.json");
        details.write(file);
        String text = Files.readString(file);
        String list = ",\"addresses\":[\"http://127.0.0.1:80\",\"http://[::1]:80\"]";
        assertThat(text).contains(list);
        Files.writeString(file, text.replace(list, ""));
        Details read = Objects.requireNonNull(Details.read(file));
        assertThat(read.addresses()).containsExactly("http://127.0.0.1:80");
    }

    @Test
    void tellWhatCameOfTheLastReload() throws Exception {
        Path file = folder.resolve("x.json");
        Details.Reload reload = Details.Reload.NONE.beginning(1).beginning(2);
        reload = reload.ending(2, false, "\"one\"\ntwo");
        details.with(reload).write(file);
        assertThat(Details.read(file)).isEqualTo(details.with(reload));
        assertThat(reload).isEqualTo(new Details.Reload(2, 2, false, "\"one\"\ntwo"));
        // The first was overtaken.
        assertThat(reload.ending(1, true, "")).isEqualTo(reload);
    }

    @Test
    void areNoneWhenTheyMakeNoSense() throws Exception {
        Path file = folder.resolve("x.json");
        assertThat(Details.read(file)).isNull();
        details.write(file);
        String text = Files.readString(file);
        for (String broken :
                new String[] {
                    "",
                    text.substring(0, 30),
                    text.replace("RUNNING", "FLYING"),
                    text.replace("\"workers\":4", "\"workers\":\"4\""),
                    text.replace("\"engine\"", "\"motor\""),
                }) {
            Files.writeString(file, broken);
            assertThat(Details.read(file)).as(broken).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "59, 59s",
        "60, 1m 0s",
        "3599, 59m 59s",
        "3600, 1h 0m",
        "86399, 23h 59m",
        "86400, 1d 0h",
        "864000, 10d 0h"
    })
    void uptimeInTwoUnits(long seconds, String text) {
        assertThat(InstanceList.uptime(seconds)).isEqualTo(text);
    }
}

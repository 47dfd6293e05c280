package caffeine.os;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

@OnLinux
class AccountsTest {

    private static List<String[]> lines(String file) throws IOException {
        List<String[]> lines = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(file))) {
            lines.add(line.split(":", -1));
        }
        return lines;
    }

    /** Other sources may know more, but these are known too. */
    @Test
    void knowsTheUsersOfTheFile() throws IOException {
        for (String[] entry : lines("/etc/passwd")) {
            Accounts.User user = Objects.requireNonNull(Accounts.user(entry[0]), entry[0]);
            assertThat(user.name()).isEqualTo(entry[0]);
            assertThat(Integer.toUnsignedString(user.uid())).isEqualTo(entry[2]);
            assertThat(Integer.toUnsignedString(user.gid())).isEqualTo(entry[3]);
            assertThat(user.home()).isEqualTo(entry[5]);
        }
    }

    @Test
    void knowsTheGroupsOfTheFile() throws IOException {
        for (String[] entry : lines("/etc/group")) {
            Integer gid = Objects.requireNonNull(Accounts.group(entry[0]), entry[0]);
            assertThat(Integer.toUnsignedString(gid)).isEqualTo(entry[2]);
            for (String member : entry[3].split(",", -1)) {
                if (!member.isEmpty() && Accounts.user(member) != null) {
                    assertThat(Accounts.groups(member, 12_345)).contains(gid, 12_345);
                }
            }
        }
    }

    @Test
    void knowsNobodyElse() {
        assertThat(Accounts.user("no-such-user")).isNull();
        assertThat(Accounts.user("")).isNull();
        assertThat(Accounts.group("no-such-group")).isNull();
        assertThat(Accounts.groups("no-such-user", 7)).containsExactly(7);
    }
}

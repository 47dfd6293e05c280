package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who belongs to a server, in either way to know it. */
class ProcessGroupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Leaves a process behind whose parent has ended, and waits. */
    private static final List<String> ORPHANING =
            List.of("sh", "-c", "sh -c 'sleep 300 & exit'; exec sleep 300");

    @Nested
    class OfAnyKind {

        @Test
        void holdsOrphansAndEndsThem() throws IOException {
            try (Cleanup cleanup = new Cleanup()) {
                holdsOrphansAndEndsThem(ProcessGroup.create(cleanup, "test"), cleanup);
                holdsOrphansAndEndsThem(new SessionGroup(), cleanup);
            }
        }

        private void holdsOrphansAndEndsThem(ProcessGroup group, Cleanup cleanup)
                throws IOException {
            group.started(cleanup.start(new ProcessBuilder(group.wrap(ORPHANING))));
            assertThat(Waiting.until(PATIENCE, () -> sleeping(group) == 2)).isTrue();
            group.close();
            // A control group is gone by then, with everybody in it.
            if (!group.countsEverybody()) {
                assertThat(group.members()).isEmpty();
            }
        }

        private long sleeping(ProcessGroup group) {
            try {
                return group.members().stream().filter(p -> p.command().equals("sleep")).count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Test
        void countsTheTimeOfWhoHasEnded() throws IOException, InterruptedException {
            String loop = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 0";
            try (Cleanup cleanup = new Cleanup()) {
                for (ProcessGroup group :
                        List.of(ProcessGroup.create(cleanup, "test"), new SessionGroup())) {
                    Process process =
                            cleanup.start(
                                    new ProcessBuilder(
                                            group.wrap(
                                                    List.of(
                                                            "sh",
                                                            "-c",
                                                            "sh -c '"
                                                                    + loop
                                                                    + "'; echo; exec cat"))));
                    group.started(process);
                    assertThat(process.getInputStream().read()).isEqualTo('\n');
                    assertThat(group.cpuMicros()).isGreaterThanOrEqualTo(10_000);
                    process.destroy();
                    process.waitFor();
                    group.close();
                }
            }
        }
    }

    @Nested
    class OfTheControlGroups {

        @Test
        void findsItsPlaceInTheUnifiedHierarchy() {
            assertThat(
                            Cgroup.ownGroup(
                                    List.of(
                                            "proc /proc proc rw 0 0",
                                            "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0"),
                                    List.of("0::/user.slice/user-1000.slice/session-2.scope")))
                    .contains(Path.of("/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope"));
        }

        @Test
        void findsItBesideTheOldHierarchies() {
            assertThat(
                            Cgroup.ownGroup(
                                    List.of(
                                            "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0",
                                            "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0"),
                                    List.of("1:cpu:/x", "0::/")))
                    .contains(Path.of("/sys/fs/cgroup/unified"));
        }

        @Test
        void doesWithout() {
            List<String> old = List.of("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0");
            assertThat(Cgroup.ownGroup(old, List.of("1:cpu:/x"))).isEqualTo(Optional.empty());
        }

        @Test
        void readsTheTime() {
            assertThat(
                            Cgroup.usageMicros(
                                    List.of("usage_usec 290012", "user_usec 1", "system_usec 2")))
                    .isEqualTo(290_012);
        }
    }

    @Nested
    class OfSessions {

        @Test
        void takesTheSessionAndTheDescendants() {
            ProcessStat leader = process(10, 1, 10);
            ProcessStat child = process(11, 10, 10);
            ProcessStat orphan = process(12, 1, 10);
            ProcessStat inItsOwnSession = process(13, 11, 13);
            ProcessStat stranger = process(14, 1, 14);
            assertThat(
                            SessionGroup.among(
                                    List.of(leader, child, orphan, inItsOwnSession, stranger),
                                    Set.of(10L)))
                    .containsExactly(leader, child, orphan, inItsOwnSession);
        }

        @Test
        void noticesWhoDoesNotWaitForChildren() {
            assertThat(SessionGroup.ignoresChildren(List.of("SigIgn:\t0000000000010000"))).isTrue();
            assertThat(SessionGroup.ignoresChildren(List.of("SigIgn:\t0000000000001000")))
                    .isFalse();
            assertThat(SessionGroup.ignoresChildren(List.of("SigIgn:\tffffffffffffffff"))).isTrue();
        }

        private static ProcessStat process(long pid, long parent, long session) {
            return new ProcessStat(pid, "x", 'S', parent, session, 0, 0);
        }
    }
}

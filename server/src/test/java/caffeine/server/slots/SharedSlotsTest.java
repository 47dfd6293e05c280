package caffeine.server.slots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Spawn;
import caffeine.os.StringArray;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;

class SharedSlotsTest {

    @Test
    void oneTableIsSeenByAll() {
        try (SharedSlots parents = SharedSlots.create(2, List.of(new SlotCount(1, 0)))) {
            int[] fds = parents.descriptors();
            assertThat(fds).hasSize(3);
            for (int i = 0; i < fds.length; i++) {
                fds[i] = Descriptors.dup(fds[i], 3);
            }
            try (SharedSlots workers = SharedSlots.attach(fds)) {
                assertThat(workers.view(0).tryAcquire()).isTrue();
                assertThat(parents.parentView().running()).isEqualTo(1);
                assertThat(parents.view(1).tryAcquire()).isFalse();
            }
        }
    }

    @Test
    void routesHaveTablesOfTheirOwnAndTheSameWakeups() {
        List<SlotCount> counts =
                List.of(new SlotCount(3, 1), new SlotCount(1, 1), new SlotCount(200, 0));
        try (SharedSlots parents = SharedSlots.create(2, counts)) {
            int[] fds = parents.descriptors();
            for (int i = 0; i < fds.length; i++) {
                fds[i] = Descriptors.dup(fds[i], 3);
            }
            try (SharedSlots workers = SharedSlots.attach(fds)) {
                HandlerSlots one = workers.view(0);
                HandlerSlots other = parents.view(1);
                assertThat(one.routes()).hasSize(2);
                for (int i = 0; i < 200; i++) {
                    assertThat(one.routes().get(1).tryAcquire()).isTrue();
                }
                assertThat(other.routes().get(1).tryAcquire()).isFalse();
                assertThat(one.routes().get(0).tryAcquire()).isTrue();
                assertThat(other.routes().get(0).tryAcquire()).isFalse();
                assertThat(other.routes().get(0).tryEnqueue()).isTrue();
                assertThat(other.tryAcquire()).isTrue();

                assertThat(parents.parentView().forget(0, 5)).isZero();
                assertThat(isWoken(parents, 1)).isTrue();
                assertThat(other.takeFreed()).isZero();
                assertThat(other.routes().get(0).takeFreed()).isEqualTo(1);
                assertThat(isWoken(parents, 1, 0)).isFalse();
                assertThat(other.routes().get(1).running()).isZero();
                assertThat(other.running()).isEqualTo(1);
            }
        }
    }

    @Test
    void closesItsDescriptorsOnce() {
        SharedSlots slots = SharedSlots.create(2, List.of(new SlotCount(1, 0)));
        int[] fds = slots.descriptors();
        slots.close();
        slots.close();
        for (int fd : fds) {
            assertThat(Descriptors.getDescriptorFlags(fd)).isNegative();
        }
    }

    @Test
    void refusesWhatIsNoTable() {
        int none = Files.open("/dev/null", Files.O_RDONLY, 0);
        assertThatThrownBy(() -> SharedSlots.attach(new int[] {none}))
                .isInstanceOf(ErrnoException.class);
        assertThat(Descriptors.getDescriptorFlags(none)).isNegative();
    }

    @Test
    void aKilledWorkerLosesNothingForTheOthers() {
        try (SharedSlots slots = SharedSlots.create(2, List.of(new SlotCount(3, 2)))) {
            int pid = startHolder(slots.descriptors());
            assertThat(pid).isPositive();
            HandlerSlots parent = slots.parentView();
            assertThat(isWoken(slots, 1)).isTrue();
            slots.woken(1);
            HandlerSlots other = slots.view(1);
            assertThat(parent.running()).isEqualTo(3);
            assertThat(other.tryAcquire()).isFalse();
            assertThat(other.tryEnqueue()).isTrue();

            Processes.kill(pid, Processes.SIGKILL);
            assertThat(Processes.waitPid(pid, true)).isPositive();
            assertThat(parent.forget(0, 2)).isEqualTo(2);

            assertThat(isWoken(slots, 1)).isTrue();
            assertThat(other.takeFreed()).isEqualTo(1);
            assertThat(parent.waiting()).isZero();
            assertThat(parent.running()).isEqualTo(3);
            parent.release();
            parent.release();
            other.release();
            assertThat(parent.running()).isZero();
        }
    }

    private static int startHolder(int[] fds) {
        String java = System.getProperty("java.home") + "/bin/java";
        String classes = where(Files.class) + ":" + where(SharedSlots.class);
        String tests = Path.of(where(SharedSlots.class)).resolveSibling("test-classes").toString();
        StringArray argv = new StringArray();
        argv.add(java);
        argv.add("-XX:+UseSerialGC");
        argv.add("--enable-native-access=ALL-UNNAMED");
        argv.add("-cp");
        argv.add(classes + ":" + tests);
        argv.add(SlotHolder.class.getName());
        try (Spawn spawn = new Spawn()) {
            return spawn.spawn(
                    Files.path(java), argv, new StringArray(), null, fds[0], fds[1], fds[2]);
        }
    }

    private static boolean isWoken(SharedSlots slots, int worker) {
        int minute = 60_000;
        return isWoken(slots, worker, minute);
    }

    private static boolean isWoken(SharedSlots slots, int worker, int withinMs) {
        return Descriptors.poll(slots.wakeupDescriptor(worker), Descriptors.POLLIN, withinMs) > 0;
    }

    /** The folder or jar of a class, for a class path. */
    private static String where(Class<?> type) {
        try {
            URI place = type.getProtectionDomain().getCodeSource().getLocation().toURI();
            return Path.of(place).toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}

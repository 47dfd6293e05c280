package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.RecordedEvents;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

@ExtendWith(NoLeaks.class)
class StandardErrorsTest {

    private final ManualClock clock = new ManualClock();
    private final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
    private final RecordedEvents events = new RecordedEvents();
    private final StandardErrors errors = new StandardErrors(loop, events);
    private final List<Integer> held = new ArrayList<>();

    @BeforeEach
    void nothingHeld() {
        held.clear();
    }

    @AfterEach
    void close() {
        held.forEach(Descriptors::close);
        turns();
        errors.close();
        loop.close();
    }

    private void turns() {
        while (loop.doWork(0) > 0) {}
    }

    private void write(int fd, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            assertThat(Descriptors.write(fd, memory, 0, bytes.length)).isEqualTo(bytes.length);
        }
        turns();
    }

    /** Whoever is told breaks: this script's pipe goes, the loop and other scripts stay. */
    @Test
    void aMistakeCostsOneScriptItsPipe() {
        int other = errors.of("/b");
        int broken = errors.of("/a");
        events.breakOn = "/a: one";
        write(broken, "one\ntwo\n");
        assertThat(events.mistakes).singleElement().asString().endsWith("breaks");
        write(other, "three\n");
        write(errors.of("/a"), "four\n");
        assertThat(events.said).containsExactly("/b: three", "/a: four");
    }

    /** Otherwise its next run would write to a number that is closed, or another's. */
    @Test
    void aScriptWhosePipeHasEndedGetsAnother() {
        int ended = errors.of("/a");
        write(ended, "one\n");
        Descriptors.close(ended); // so that a read of the pipe finds its end
        turns();
        write(errors.of("/a"), "two\n");
        assertThat(events.said).containsExactly("/a: one", "/a: two");
    }

    @Test
    void linesAreToldWithTheirScript() {
        write(errors.of("/a"), "one\ntwo\r\n");
        write(errors.of("/b"), "\nthree\n");
        assertThat(events.said).containsExactly("/a: one", "/a: two", "/b: ", "/b: three");
    }

    @Test
    void aScriptKeepsItsPipe() {
        assertThat(errors.of("/a")).isEqualTo(errors.of("/a")).isNotEqualTo(errors.of("/b"));
    }

    @Test
    void aLineInPiecesIsToldOnce() {
        int fd = errors.of("/a");
        write(fd, "o");
        write(fd, "n");
        clock.advance(199_000_000);
        turns();
        write(fd, "e\n");
        assertThat(events.said).containsExactly("/a: one");
    }

    @Test
    void aLineWithoutAnEndIsToldAfterAWhile() {
        write(errors.of("/a"), "prompt: ");
        assertThat(events.said).isEmpty();
        clock.advance(200_000_000);
        turns();
        assertThat(events.said).containsExactly("/a: prompt: ");
        write(errors.of("/a"), "next\n");
        assertThat(events.said).containsExactly("/a: prompt: ", "/a: next");
    }

    @Test
    void aLineTooLongIsToldInParts() {
        write(errors.of("/a"), "x".repeat(5_000) + "\n");
        assertThat(events.said)
                .containsExactly(
                        "/a: " + "x".repeat(2048),
                        "/a: " + "x".repeat(2048),
                        "/a: " + "x".repeat(5_000 - 2 * 2048));
    }

    @Test
    void textIsUtf8() {
        write(errors.of("/a"), "Grüße, 世界\n");
        assertThat(events.said).containsExactly("/a: Grüße, 世界");
    }

    @Test
    void whatHasNotBeenReadIsToldAtTheEnd() {
        int fd = errors.of("/a");
        byte[] bytes = "last\nwords".getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            Descriptors.write(fd, memory, 0, bytes.length);
        }
        errors.close();
        assertThat(events.said).containsExactly("/a: last", "/a: words");
    }

    @Test
    void thePipeOfTheScriptThatWasUnusedLongestMakesRoom() {
        int first = errors.of("/0");
        int duplicate = Descriptors.dup(first, 0); // a script that still runs has it
        held.add(duplicate);
        for (int i = 1; i < 64; i++) {
            errors.of("/" + i);
        }
        errors.of("/1");
        errors.of("/64");
        // Its number may be another's now, but its lines are still its own.
        write(duplicate, "still here\n");
        assertThat(events.said).containsExactly("/0: still here");
        write(errors.of("/1"), "me too\n");
        assertThat(events.said).contains("/1: me too");

        held.clear();
        write(duplicate, "the end");
        Descriptors.close(duplicate);
        turns();
        assertThat(events.said).contains("/0: the end");
    }
}

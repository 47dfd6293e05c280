package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Server;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A system that forbids io_uring, as many containers do: by a filter of system calls. */
class RefusedKernelTest {

    /**
     * Answers io_uring_setup (425 on every processor) with an error, and runs a program (man 2
     * seccomp; linux/filter.h). The numbers: BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K,
     * BPF_RET; SECCOMP_RET_ERRNO and SECCOMP_RET_ALLOW; PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP.
     */
    private static final String FILTER =
            """
            import ctypes, os, struct, sys
            code = [(0x20, 0, 0, 0), (0x15, 0, 1, 425),
                    (0x06, 0, 0, 0x50000 | int(sys.argv[1])), (0x06, 0, 0, 0x7fff0000)]
            filter = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *c) for c in code))
            program = ctypes.create_string_buffer(
                struct.pack('HxxxxxxQ', len(code), ctypes.addressof(filter)))
            prctl = ctypes.CDLL(None, use_errno=True).prctl
            for call in ((38, 1, 0, 0, 0), (22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0)):
                if prctl(*call) != 0:
                    sys.exit(os.strerror(ctypes.get_errno()))
            os.execvp(sys.argv[2], sys.argv[2:])
            """;

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int ENOMEM = 12;

    @BeforeAll
    static void needsPython() {
        Run.needs("python3", "python3");
    }

    private static Server.Builder server(int errno, String... options) {
        return Server.with(options).under("python3", "-c", FILTER, String.valueOf(errno));
    }

    private static void assertServedBySharded(int errno, String name) {
        try (Server server =
                server(errno, "--engine=uring", "--threads=2", "--app=hello", "--port=0").start()) {
            assertThat(server.get("/").status()).isEqualTo(200);
            assertThat(server.out().matching("\\(sharded, 2 threads\\)")).hasSize(1);
            String line =
                    "refuses io_uring .io_uring_setup: "
                            + name
                            + ".* the engine sharded runs in place of uring";
            server.log().await(line);
            assertThat(server.log().matching(line)).hasSize(1);
        }
    }

    @Test
    void isServedBySharded() {
        assertServedBySharded(EPERM, "EPERM");
    }

    @Test
    void isServedByShardedAlsoWhenTheKernelIsTooOld() {
        assertServedBySharded(ENOSYS, "ENOSYS");
    }

    @Test
    void isServedByShardedAlsoWithoutMemoryForIt() {
        assertServedBySharded(ENOMEM, "ENOMEM");
    }

    @Test
    void isNamedByTheListOfEngines() {
        assertThat(server(EPERM, "--engines").run().out())
                .contains("uring: sharded runs in its place (io_uring_setup: EPERM");
    }

    @Test
    void doesNotMatterToACheck() {
        Run.Outcome outcome = server(EPERM, "--engine=uring", "--app=hello", "--check").run();
        assertThat(outcome.exit()).isZero();
    }
}

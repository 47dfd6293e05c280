package caffeine.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import caffeine.os.testing.CProbe;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

class ErrnoTest {
    @Test
    void describesItself() {
        assertThat(Errno.name(Errno.ENOENT)).isEqualTo("ENOENT");
        assertThat(Errno.message(Errno.ENOENT)).isEqualTo("No such file or directory");
        assertThat(Errno.describe(Errno.EAGAIN))
                .isEqualTo("EAGAIN: Resource temporarily unavailable");
    }

    @Test
    void unknownNumbersHaveNoName() {
        assertThat(Errno.describe(0)).isEqualTo("errno 0: Unknown error");
        assertThat(Errno.describe(41)).isEqualTo("errno 41: Unknown error");
        assertThat(Errno.describe(-2)).isEqualTo("errno -2: Unknown error");
        assertThat(Errno.describe(4095)).isEqualTo("errno 4095: Unknown error");
    }

    @Test
    void everyConstantHasItsNameAndAMessage() throws ReflectiveOperationException {
        for (Field field : Errno.class.getFields()) {
            int errno = field.getInt(null);
            assertThat(Errno.name(errno)).isEqualTo(field.getName());
            assertThat(Errno.message(errno)).isNotEqualTo("Unknown error");
        }
    }

    @Test
    void exceptionNamesCallAndReason() {
        assertThat(ErrnoException.check("open", 3)).isEqualTo(3);
        assertThatThrownBy(() -> ErrnoException.check("open", -Errno.EMFILE))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMFILE))
                .hasMessage("open: EMFILE: Too many open files");
    }

    @Nested
    @OnLinux
    class AsTheCompilerKnowsThem {
        @TestFactory
        Stream<DynamicTest> numbers() throws IOException {
            return new CProbe("errno.h").macros(Errno.class, Set.of()).tests();
        }

        @Test
        void messages() throws IOException {
            List<String> lines =
                    CProbe.run(
                            """
                            #include <stdio.h>
                            #include <string.h>
                            int main(void) {
                            #ifdef __GLIBC__
                                for (int i = 1; i < 134; i++) puts(strerror(i));
                            #endif
                            }
                            """);
            assumeFalse(lines.isEmpty(), "another C library words them differently");
            for (int errno = 1; errno < 134; errno++) {
                String message = Errno.message(errno);
                if (!message.equals("Unknown error")) {
                    assertThat(message).isEqualTo(lines.get(errno - 1));
                }
            }
        }
    }
}

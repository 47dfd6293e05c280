package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.server.script.FirstLine.Kind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What files begin with, as linux/fs/binfmt_script.c takes it apart. */
class FirstLineTest {

    private static FirstLine of(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        return FirstLine.of(java.util.Arrays.copyOf(bytes, Math.min(bytes.length, 256)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            commentCharacter = '%',
            textBlock =
                    """
                    #!/bin/sh\\n                     | /bin/sh      |
                    #!/bin/sh                        | /bin/sh      |
                    #! \\t/bin/sh \\t\\n             | /bin/sh      |
                    #!/bin/sh\\r\\necho\\r\\n        | /bin/sh      |
                    #!/usr/bin/env python3\\r\\n     | /usr/bin/env | python3
                    #!/usr/bin/env python3\\n        | /usr/bin/env | python3
                    #!/usr/bin/env\\t-S perl -w  \\n | /usr/bin/env | -S perl -w
                    #!/bin/sh -e x\\0y\\n            | /bin/sh      | -e x
                    #!\\n/bin/sh                     |              |
                    #!                               |              |
                    #!  \\n                          |              |
                    """)
    void aScriptNamesItsProgramAndOneArgument(String text, String program, String argument) {
        String bytes =
                text.replace("\\n", "\n")
                        .replace("\\r", "\r")
                        .replace("\\t", "\t")
                        .replace("\\0", "\0");
        FirstLine first = of(bytes);
        assertThat(first.kind()).isEqualTo(Kind.SCRIPT);
        assertThat(first.program()).isEqualTo(program);
        assertThat(first.argument()).isEqualTo(argument);
        assertThat(first.endsInCrLf()).isEqualTo(text.contains("\\r"));
    }

    @Test
    void aProgramThatIsCutIsNone() {
        assertThat(of("#!/" + "x".repeat(252) + "\n").program()).hasSize(253);
        assertThat(of("#!/" + "x".repeat(253) + "\n").program()).isNull();
        FirstLine cut = of("#!/bin/sh " + "x".repeat(300) + "\n");
        assertThat(cut.program()).isEqualTo("/bin/sh");
        assertThat(cut.argument()).hasSize(246);
    }

    @Test
    void otherFilesAreTextOrData() {
        assertThat(of("").kind()).isEqualTo(Kind.EMPTY);
        assertThat(of("#").kind()).isEqualTo(Kind.TEXT);
        assertThat(of("<html>\u00e9").kind()).isEqualTo(Kind.TEXT);
        assertThat(of("\u007fELF\2").kind()).isEqualTo(Kind.BINARY);
        assertThat(of("\u0089PNG\r\n\u001a\n").kind()).isEqualTo(Kind.DATA);
        assertThat(of("\u00ef\u00bb\u00bf#!/bin/sh\n").kind()).isEqualTo(Kind.MARKED_SCRIPT);
        assertThat(of("\u00ef\u00bb\u00bf#").kind()).isEqualTo(Kind.TEXT);
    }
}

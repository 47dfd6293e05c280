package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.IOException;

class OutputHoldersTest {

    /**
     * Numbers of processes begin again at low ones: here the member of a group is older than the
     * group's number, as it may be for a child of a script.
     */
    @Test
    void aMemberMayHaveALowerNumberThanItsGroup() throws IOException, InterruptedException {
        String program =
                """
                import os, sys
                member = os.fork()
                if member == 0:
                    sys.stdin.read()
                    os._exit(0)
                leader = os.fork()
                if leader == 0:
                    sys.stdin.read()
                    os._exit(0)
                os.setpgid(leader, leader)
                os.setpgid(member, leader)
                os.kill(leader, 9)
                os.waitpid(leader, 0)
                print(member, leader, flush=True)
                sys.stdin.read()
                os.waitpid(member, 0)
                """;
        Process python = new ProcessBuilder("python3", "-c", program).start();
        try (BufferedReader output = python.inputReader()) {
            String[] numbers = output.readLine().split(" ", -1);
            int member = Integer.parseInt(numbers[0]);
            int group = Integer.parseInt(numbers[1]);
            assertThat(OutputHolders.group(group)).containsExactly(member);
            python.outputWriter().close();
            assertThat(python.waitFor()).isZero();
            assertThat(OutputHolders.group(group)).isEmpty();
        } finally {
            python.destroyForcibly();
        }
    }
}

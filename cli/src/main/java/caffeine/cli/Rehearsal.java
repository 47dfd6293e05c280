package caffeine.cli;

import caffeine.cli.options.Surroundings;
import caffeine.cli.serve.Server;
import caffeine.os.Processes;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Runs several command lines one after another in one process, so that one AOT cache can hold what
 * each of them loads; the build alone starts it. A line of standard input is a command line, with
 * tabs between its words; {@link #DONE} is printed behind each. It ends when the build does.
 */
final class Rehearsal {

    private static final String DONE = "rehearsed: ";

    private Rehearsal() {}

    public static void main(String[] parent) throws IOException {
        Processes.setParentDeathSignal(Processes.SIGTERM);
        if (Processes.getppid() != Integer.parseInt(parent[0])) {
            System.exit(Server.FAILED);
        }
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line;
        while ((line = lines.readLine()) != null) {
            Surroundings surroundings = Surroundings.ofThisProcess();
            int code = Main.run(System.out, surroundings, line.split("\t"));
            System.out.println(DONE + code);
        }
        // As the command does: what the JVM loads for it counts too.
        System.exit(Server.OK);
    }
}

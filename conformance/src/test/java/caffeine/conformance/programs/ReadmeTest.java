package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The commands of README and docs, run as they are printed, print what stands below them. All links
 * lead somewhere.
 */
class ReadmeTest {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\n(.*?)^```$");
    private static final Pattern LINK =
            Pattern.compile("\\]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]*))?\\)");
    private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z]\\w*)[.`]");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final String PRINTED_ADDRESS = "127.0.0.1:8080";

    private static final String PRINTED_LAUNCHER = "./caffeine";
    private static final String PRINTED_NAME = "site";
    private static final String NAME = "readme-" + ProcessHandle.current().pid();

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.around(() -> Server.of(TREE.resolve("examples"))).closing(TREE);

    static {
        Path examples = Repository.root().resolve("examples");
        Run.of("cp", "-R", examples.toString(), TREE.root().toString()).output();
    }

    @BeforeAll
    static void needs() {
        Run.needs("curl", "curl");
        Run.needs("perl", "perl");
    }

    /** Scripts with the mistakes that {@code --check} and {@code --try} report in the examples. */
    @BeforeAll
    static void makeSite() throws IOException {
        TREE.file(NAME + "/report.lua", "print('Status: 200')\n", "rw-r--r--");
        TREE.file(NAME + "/today", "#!/bin/sh\ndate\n", "rw-r--r--");
        Files.createSymbolicLink(TREE.resolve(NAME + "/old"), TREE.resolve(NAME + "/gone"));
        String head =
                "HTTP/1.1 200 OK\\r"
                        + "\\n"
                        + "Content-Type: text/plain\\n"
                        + "Connection: close\\r"
                        + "\\n"
                        + "Content-Length: 120\\r"
                        + "\\n"
                        + "\\r"
                        + "\\n";
        TREE.sh(NAME + "/report", "printf '" + head + "'\nprintf '%0122d' 0\n");
    }

    @TestFactory
    Stream<DynamicTest> examples() throws IOException {
        List<Example> examples =
                blocks("console").stream().flatMap(block -> Example.allOf(block).stream()).toList();
        assertThat(examples).hasSizeGreaterThan(10);
        return examples.stream().map(e -> DynamicTest.dynamicTest(e.command(), () -> check(e)));
    }

    @Test
    void anAddressOfYourOwn() throws IOException {
        String block =
                blocks("sh").stream()
                        .filter(b -> b.startsWith("mkdir site"))
                        .findFirst()
                        .orElseThrow();
        int start = block.indexOf(" && ./caffeine --path site");
        assertThat(start).isPositive();
        try (Tree tree = new Tree()) {
            Run.of("sh", "-c", block.substring(0, start)).in(tree.root()).output();
            try (Server server = Server.of(tree.resolve("site")).start();
                    var wire = server.open()) {
                wire.send("GET /time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                assertThat(wire.response().text()).matches("\\d\\d:\\d\\d:\\d\\d\n");
                server.stop();
            }
        }
    }

    @Test
    void isShort() throws IOException {
        assertThat(Files.readAllLines(Repository.root().resolve("README.md")))
                .hasSizeLessThanOrEqualTo(250);
    }

    @Test
    void leadsToEachPageInOneStep() throws IOException {
        String readme = Files.readString(Repository.root().resolve("README.md"));
        for (Path page : pages()) {
            String name = Repository.root().relativize(page).toString();
            if (!name.equals("README.md")) {
                assertThat(readme).contains("(" + name + ")");
            }
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path page : pages()) {
            for (MatchResult link : LINK.matcher(Files.readString(page)).results().toList()) {
                Path target = page.resolveSibling(link.group(1)).normalize();
                Path read = link.group(1).isEmpty() ? page : target;
                String anchor = link.group(2);
                if (!Files.exists(read) || (anchor != null && !anchors(read).contains(anchor))) {
                    dead.add(page.getFileName() + ": " + link.group());
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    /** The tour of the source names classes that exist. */
    @Test
    void everyClassOfTheArchitectureExists() throws IOException {
        Set<String> files = new HashSet<>();
        for (String module : List.of("os", "http", "server", "cli", "conformance")) {
            try (Stream<Path> sources = Files.walk(Repository.root().resolve(module + "/src"))) {
                sources.forEach(file -> files.add(file.getFileName().toString()));
            }
        }
        String page = Files.readString(Repository.root().resolve("ARCHITECTURE.md"));
        assertThat(CLASS.matcher(page).results())
                .hasSizeGreaterThan(50)
                .allSatisfy(name -> assertThat(files).contains(name.group(1) + ".java"));
    }

    /** The headings of a page, as links name them. */
    private static List<String> anchors(Path page) throws IOException {
        return HEADING.matcher(Files.readString(page))
                .results()
                .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^\\w -]", "").replace(' ', '-'))
                .toList();
    }

    private static void check(Example example) {
        if (example.command().contains("/c/")) {
            Run.needs("cc", "gcc");
            Run.of("sh", TREE.resolve("examples/c/build").toString()).output();
        }
        if (example.command().startsWith(PRINTED_LAUNCHER)) {
            checkOwn(example);
            return;
        }
        String address = "127.0.0.1:" + LEAKS.server().port();
        String command = example.command().replace(PRINTED_ADDRESS, address);

        String said = Run.of("sh", "-c", command).in(TREE.root()).outcome().out();

        String due = example.output().replace(PRINTED_ADDRESS, address);
        assertThat(timeless(said)).isEqualTo(timeless(due));
    }

    /** A call of the launcher, with a name and a home that no other test has. */
    private static void checkOwn(Example example) {
        String command =
                example.command()
                        .replace(PRINTED_LAUNCHER, Repository.launcher().toString())
                        .replace(PRINTED_NAME, NAME);

        Run.Outcome outcome = own(command).outcome();

        String bytes = outcome.out() + outcome.err();
        String said = new String(bytes.getBytes(ISO_8859_1), UTF_8);
        String asPrinted =
                said.replaceAll(".* runs as root, .*\n", "")
                        // Of instances that other tests kill at the same time: /tmp is everybody's.
                        .replaceAll(".* was left behind by .*\n", "")
                        .replace(NAME, PRINTED_NAME)
                        .replace(TREE.root() + "/", "/srv/");
        assertThat(numberless(asPrinted)).isEqualTo(numberless(example.output()));
    }

    private static Run own(String command) {
        return Run.of("sh", "-c", command)
                .in(TREE.root())
                .with("HOME", TREE.root().toString())
                .with("PATH", "/usr/bin:/bin")
                .with("CAFFEINE_NO_BUILD", "1")
                .with("JAVA_HOME", System.getProperty("java.home"));
    }

    @AfterAll
    static void stopWhatAFailureLeft() {
        own(Repository.launcher() + " --stop --name " + NAME).outcome();
    }

    /** Without clocks, numbers of processes, ports, and the blanks that their widths take. */
    private static String numberless(String text) {
        return text.replaceAll("\\d+", "#").replaceAll(" +", " ").strip();
    }

    /** Without what differs each time: clocks, versions, and how many ticks there were. */
    private static String timeless(String text) {
        String masked =
                text.replace("\r\n", "\n")
                        .replaceAll("\\d\\d:\\d\\d:\\d\\d UTC", "<time>")
                        .replaceAll("Date: .*", "Date: <date>")
                        .replaceAll("curl/[\\d.]+", "curl/<version>");
        return Arrays.stream(masked.split("\n\n", -1))
                .distinct()
                .collect(Collectors.joining("\n\n"))
                .strip();
    }

    private static List<String> blocks(String language) throws IOException {
        List<String> blocks = new ArrayList<>();
        for (Path page : pages()) {
            BLOCK.matcher(Files.readString(page))
                    .results()
                    .filter(block -> block.group(1).equals(language))
                    .forEach((MatchResult block) -> blocks.add(block.group(2)));
        }
        return blocks;
    }

    /** The README, then the pages of docs and those beside the README. */
    private static List<Path> pages() throws IOException {
        Path root = Repository.root();
        List<Path> pages = new ArrayList<>();
        for (String name :
                List.of("README", "ARCHITECTURE", "CHANGELOG", "CONTRIBUTING", "SECURITY")) {
            pages.add(root.resolve(name + ".md"));
        }
        try (Stream<Path> docs = Files.list(root.resolve("docs"))) {
            docs.filter(page -> page.toString().endsWith(".md")).sorted().forEach(pages::add);
        }
        return pages;
    }

    /** A command and what is printed below it. */
    private record Example(String command, String output) {

        static List<Example> allOf(String block) {
            List<Example> all = new ArrayList<>();
            for (String part : ("\n" + block).split("\n\\$ ", -1)) {
                if (!part.isBlank()) {
                    int end = part.indexOf('\n');
                    all.add(new Example(part.substring(0, end), part.substring(end + 1) + "\n"));
                }
            }
            return all;
        }
    }
}

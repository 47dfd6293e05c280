package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.http.RequestPath;
import caffeine.server.file.Printable;
import caffeine.server.options.LogLevel;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Walks the served folder and finds the answer of each file's address, with the {@link
 * ScriptResolver} of requests, without running anything.
 *
 * <p>Names that begin with a dot are skipped.
 */
public final class Survey {

    /** The rest of a request line: {@code GET}, {@code HTTP/1.1}, spaces, line end. */
    private static final int REQUEST_LINE_REST = 16;

    /** A longer list is useless; a folder with so many files is not a folder of handlers. */
    private static final int MOST_FILES = 10_000;

    private final ServerOptions options;
    private final ScriptResolver resolver;
    private final Path root;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<Path> entered = new HashSet<>();

    /**
     * One entry of the folder.
     *
     * @param name the file's path below the folder, as text
     * @param address the path of its URL, percent-encoded; null where it has none
     * @param script what would run; null when nothing would
     * @param trouble the mistake and the next step; null when there is none
     * @param harmless whether it may be intended, as with a data file
     */
    public record Finding(
            String name,
            @Nullable String address,
            @Nullable Script script,
            @Nullable String trouble,
            boolean harmless) {

        /** Whether it is a file that is sent, and not run. */
        public boolean isSent() {
            return address != null && script == null && trouble == null;
        }

        /** Whether something should be done about it. */
        public boolean isWrong() {
            return trouble != null && !harmless;
        }
    }

    private Survey(ServerOptions options, ScriptResolver resolver) {
        ScriptOptions scripts = options.scripts();
        this.options = options;
        this.resolver = resolver;
        this.root = scripts.root();
    }

    /**
     * Looks at every file.
     *
     * @return a finding for each, in the order of their names; folders before their contents
     * @throws IOException when the folder itself cannot be opened; the message is for the user
     */
    public static List<Finding> of(ServerOptions options) throws IOException {
        try (ScriptResolver resolver = new ScriptResolver(options.scripts())) {
            Survey survey = new Survey(options, resolver);
            survey.entered.add(survey.root.toRealPath());
            survey.enter(survey.root);
            return Collections.unmodifiableList(survey.findings);
        }
    }

    /**
     * The paths of routes at which there is neither a script nor a folder, so that the route never
     * applies.
     *
     * @throws IOException when the folder itself cannot be opened; the message is for the user
     */
    public static List<String> emptyRoutes(ServerOptions options) throws IOException {
        try (ScriptResolver resolver = new ScriptResolver(options.scripts())) {
            List<String> empty = new ArrayList<>();
            for (RouteOptions route : options.scripts().routes()) {
                String path = route.inBytes().prefix();
                if (!path.isEmpty()
                        && resolver.resolve(RequestPath.encoded(path))
                                instanceof Resolution.Refusal refusal
                        && refusal.status() == 404) {
                    empty.add(route.prefix());
                }
            }
            return empty;
        }
    }

    private void enter(Path folder) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(children::add);
        } catch (IOException | DirectoryIteratorException _) {
            wrong(folder, "this user may not look into the folder; try chmod u+rx");
            return;
        }
        Collections.sort(children);
        for (Path child : children) {
            if (findings.size() >= MOST_FILES) {
                return;
            }
            int depth = root.relativize(child).getNameCount() - 1;
            if (!ScriptOptions.isHidden(String.valueOf(child.getFileName()), depth)) {
                look(child);
            }
        }
    }

    private void look(Path file) {
        if (Files.isDirectory(file)) {
            lookAtFolder(file);
        } else if (Files.isRegularFile(file)) {
            lookAtFile(file);
        } else if (Files.isSymbolicLink(file)) {
            wrong(file, "the link leads to nothing; turn it to a file of the folder, or remove it");
        } else {
            wrong(file, "neither a file nor a folder; it has no address, so remove it");
        }
    }

    private void lookAtFolder(Path folder) {
        Path real;
        try {
            real = folder.toRealPath();
        } catch (IOException _) {
            wrong(folder, "this user may not look into the folder; try chmod u+rx");
            return;
        }
        boolean outside = !real.startsWith(realRoot());
        String trouble = outside ? troubleOfFolder(folder) : null;
        if (trouble != null) {
            wrong(folder, trouble);
        } else if (entered.add(real)) {
            enter(folder);
        }
    }

    private Path realRoot() {
        return Path.of(new String(resolver.root().getBytes(ISO_8859_1), UTF_8));
    }

    /** Why a folder that lies outside would not be entered; null when it would. */
    private @Nullable String troubleOfFolder(Path folder) {
        Resolution resolution = resolver.resolve(RequestPath.encoded("/" + latin1(folder)));
        return switch (resolution) {
            case Resolution.Redirect _, Resolution.Sent _ -> null;
            case Resolution.Refusal refusal when refusal.level() == LogLevel.WARN ->
                    refusal.detail();
            default -> leadsOutside();
        };
    }

    private static String leadsOutside() {
        return "the link leads out of the folder, so clients get 404; put the file itself here, or"
                + " allow it with follow-links";
    }

    private void lookAtFile(Path file) {
        String name = latin1(file);
        String address = RequestPath.encoded("/" + name);
        if (address.length() + REQUEST_LINE_REST > options.limits().http().requestLineBytes()) {
            wrong(
                    file,
                    "its address is longer than a request line may be; shorten it, or raise"
                            + " --max-request-line");
            return;
        }
        Resolution resolution;
        try {
            resolution = resolver.resolve(address);
        } catch (RuntimeException e) {
            wrong(file, "no request can name it (" + e.getMessage() + "); rename it");
            return;
        }
        switch (resolution) {
            case Script script -> lookAtScript(file, address, script);
            case Resolution.Sent sent -> lookAtSent(file, address, sent);
            case Resolution.Redirect _ -> wrong(file, "its address is that of a folder; rename it");
            case Resolution.Refusal refusal -> lookAtRefusal(file, name, refusal);
        }
    }

    private void lookAtSent(Path file, String address, Resolution.Sent sent) {
        if (!resolver.isFile(sent.name())) {
            wrong(file, leadsOutside());
        } else if (!Files.isReadable(file)) {
            wrong(file, "this user may not read the file; try chmod a+r");
        } else {
            findings.add(new Finding(shown(file), address, null, null, false));
        }
    }

    private void lookAtScript(Path file, String address, Script found) {
        Script script = found;
        if (found.runBy().isEmpty()
                && !found.runByInstead().isEmpty()
                && resolver.resolve(address) instanceof Script known) {
            script = known; // The kernel would refuse to execute it, and now the resolver knows.
        }
        String trouble = null;
        String interpreter = script.interpreterText();
        if (interpreter == null) {
            trouble = new ProgramFile(script.route().path()).trouble(file);
        } else if (!Files.isReadable(file)) {
            trouble = "its interpreter cannot read it: this user may not; try chmod u+r";
        } else {
            trouble = ProgramFile.troubleFor(interpreter, file);
        }
        findings.add(new Finding(shown(file), address, script, trouble, false));
    }

    private void lookAtRefusal(Path file, String name, Resolution.Refusal refusal) {
        boolean isNotExecutable =
                refusal.status() == 403 && refusal.detail().contains("is not executable");
        if (isNotExecutable && !name.endsWith(".cgi")) {
            boolean program = ProgramFile.looksLikeOne(file);
            String text =
                    program
                            ? "it looks like a program, but is not executable, and its ending names"
                                    + " no interpreter; chmod +x it"
                            : "no address (403): it is not executable, and its ending names no"
                                    + " interpreter; files are sent from a folder named static,"
                                    + " move it to one";
            findings.add(new Finding(shown(file), null, null, text, !program));
        } else if (refusal.level() == LogLevel.WARN) {
            wrong(file, refusal.detail());
        } else if (refusal.status() == 404 && Files.isSymbolicLink(file)) {
            wrong(file, leadsOutside());
        } else {
            wrong(file, "no request can reach it (404): " + Printable.of(name));
        }
    }

    private void wrong(Path file, String trouble) {
        findings.add(new Finding(shown(file), null, null, trouble, false));
    }

    /** The path below the folder; a character for each byte. */
    private String latin1(Path file) {
        return new String(root.relativize(file).toString().getBytes(UTF_8), ISO_8859_1);
    }

    private String shown(Path file) {
        String name = latin1(file);
        boolean folder = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
        return Printable.of(folder ? name + "/" : name);
    }
}

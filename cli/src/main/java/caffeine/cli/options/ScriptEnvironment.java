package caffeine.cli.options;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The variables that every script gets beside those that describe its request. */
public final class ScriptEnvironment {

    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    /**
     * The variables that RFC 3875 §4.1 and common practice set for each request; {@code HTTP_*}
     * comes on top.
     */
    private static final Set<String> OF_THE_REQUEST =
            Set.of(
                    "AUTH_TYPE",
                    "CONTENT_LENGTH",
                    "CONTENT_TYPE",
                    "DOCUMENT_ROOT",
                    "GATEWAY_INTERFACE",
                    "PATH_INFO",
                    "PATH_TRANSLATED",
                    "QUERY_STRING",
                    "REDIRECT_STATUS",
                    "REMOTE_ADDR",
                    "REMOTE_HOST",
                    "REMOTE_IDENT",
                    "REMOTE_PORT",
                    "REMOTE_USER",
                    "REQUEST_METHOD",
                    "REQUEST_URI",
                    "SCRIPT_FILENAME",
                    "SCRIPT_NAME",
                    "SERVER_NAME",
                    "SERVER_PORT",
                    "SERVER_PROTOCOL",
                    "SERVER_SOFTWARE");

    /** As a variable's name is (POSIX XBD 8.1), with small letters, which many have. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** The longest that execve(2) takes: MAX_ARG_STRLEN less the NUL (linux/binfmts.h). */
    private static final int MOST_BYTES = 32 * 4096 - 1;

    private final Map<String, String> ours;
    private final Map<String, String> set;

    /**
     * @param ours the variables of this process
     */
    public ScriptEnvironment(Map<String, String> ours) {
        this(ours, Map.of());
    }

    private ScriptEnvironment(Map<String, String> ours, Map<String, String> set) {
        this.ours = ours;
        this.set = set;
    }

    /**
     * The same with variables that the configuration itself sets, for all scripts.
     *
     * @param assignments what {@code --env} said, {@code NAME=VALUE} each; the last of a name
     *     counts
     * @param wrong receives each invalid one, without its value
     */
    public ScriptEnvironment with(List<String> assignments, Consumer<UsageException> wrong) {
        Map<String, String> fresh = new LinkedHashMap<>();
        for (String each : assignments) {
            try {
                String assignment = assignment(Option.ENV, each);
                int equals = assignment.indexOf('=');
                fresh.put(assignment.substring(0, equals), assignment.substring(equals + 1));
            } catch (UsageException e) {
                wrong.accept(e);
            }
        }
        return new ScriptEnvironment(ours, fresh);
    }

    /**
     * Parses {@code NAME=VALUE}. A message has only the name: the value may be a secret.
     *
     * @param option the option, for messages
     */
    public static String assignment(@Nullable Option option, String text) throws UsageException {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw new UsageException(option, text, "has no =", "write it as NAME=VALUE");
        }
        String name = text.substring(0, equals);
        if (!NAME.matcher(name).matches()) {
            throw new UsageException(
                    option,
                    name,
                    "is not a variable name",
                    "give letters, digits and underscores, and no digit first");
        }
        if (isOfTheRequest(name)) {
            throw new UsageException(
                    option,
                    name,
                    "is set by the server for each request",
                    "set it under another name");
        }
        if (text.indexOf('\0') >= 0) {
            throw new UsageException(
                    option,
                    name,
                    "has a value with a NUL, which no variable can have",
                    "remove it");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            throw new UsageException(
                    option,
                    name,
                    "has a value that is too long for a variable",
                    "give at most 128k, or have scripts read a file");
        }
        return text;
    }

    /** A fixed value would look like a value of the request, or hide it. */
    private static boolean isOfTheRequest(String name) {
        return name.startsWith("HTTP_") || OF_THE_REQUEST.contains(name);
    }

    /** Where scripts look for programs. */
    public String path() {
        String path = set.getOrDefault("PATH", ours.getOrDefault("PATH", ""));
        return path.isEmpty() ? DEFAULT_PATH : path;
    }

    /**
     * {@code PATH}, the named variables, and in their place those that are set; one that is not set
     * in this process is not passed on.
     *
     * @param lists what {@code --pass-env} said, each a list of names with commas between
     * @param wrong receives each invalid name
     */
    public Map<String, String> of(List<String> lists, Consumer<UsageException> wrong) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("PATH", path());
        for (String list : lists) {
            for (String name : list.split(",", -1)) {
                try {
                    add(list, name, variables);
                } catch (UsageException e) {
                    wrong.accept(e);
                }
            }
        }
        variables.putAll(set);
        return variables;
    }

    /**
     * The same as {@code NAME=value} each.
     *
     * @param lists names with commas between
     */
    List<String> assignments(List<String> lists, Consumer<UsageException> wrong) {
        Map<String, String> variables = of(lists, wrong);
        return variables.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue())
                .toList();
    }

    private void add(String list, String name, Map<String, String> variables)
            throws UsageException {
        if (name.isEmpty()) {
            throw new UsageException(
                    Option.PASS_ENV, list, "has an empty name", "give names as in LANG,TZ");
        }
        if (name.indexOf('=') >= 0) {
            throw new UsageException(
                    Option.PASS_ENV,
                    name,
                    "is not a name",
                    "set the variable in the shell and give its name alone");
        }
        if (isOfTheRequest(name)) {
            throw new UsageException(
                    Option.PASS_ENV,
                    name,
                    "is set by the server for each request",
                    "pass the value under another name");
        }
        String value = ours.get(name);
        if (value != null && !name.equals("PATH")) {
            variables.put(name, value);
        }
    }
}

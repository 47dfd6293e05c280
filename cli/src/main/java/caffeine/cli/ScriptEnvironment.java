package caffeine.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The variables that every script gets beside those that describe its request. */
final class ScriptEnvironment {

    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    /** What RFC 3875 §4.1 and common practice set for each request; {@code HTTP_*} comes on top. */
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

    private final Map<String, String> ours;

    ScriptEnvironment(Map<String, String> ours) {
        this.ours = ours;
    }

    /** Where scripts look for programs. */
    String path() {
        String path = ours.getOrDefault("PATH", "");
        return path.isEmpty() ? DEFAULT_PATH : path;
    }

    /**
     * {@code PATH} and the named variables; one that is not set here is not set there.
     *
     * @param lists what {@code --pass-env} said, each a list of names with commas between
     * @param wrong is told each name that cannot be one
     */
    Map<String, String> of(List<String> lists, Consumer<UsageException> wrong) {
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
        return variables;
    }

    /**
     * The same as {@code NAME=value} for one list.
     *
     * @param list names with commas between
     */
    List<String> assignments(String list, Consumer<UsageException> wrong) {
        Map<String, String> variables = of(List.of(list), wrong);
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
        // A value of ours would pass for something that the client sent, or hide it.
        if (name.startsWith("HTTP_") || OF_THE_REQUEST.contains(name)) {
            throw new UsageException(
                    Option.PASS_ENV,
                    name,
                    "tells scripts of their request and cannot come from the shell",
                    "pass the value under another name");
        }
        String value = ours.get(name);
        if (value != null && !name.equals("PATH")) {
            variables.put(name, value);
        }
    }
}

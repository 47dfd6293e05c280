package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.http.cgi.MetaVariables;
import caffeine.http.cgi.VariableSink;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.os.Spawn;
import caffeine.os.StringArray;
import caffeine.os.linux.PidFd;
import caffeine.server.core.Exchange;
import caffeine.server.core.ServerEvents;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ScriptOptions;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Starts a script's process: its arguments, its environment, its descriptors. */
final class ScriptLauncher implements AutoCloseable {

    private static final String SOFTWARE = "Caffeine";

    private final String documentRoot;
    private final EventLoop loop;
    private final ServerEvents events;
    private final StandardErrors errors;
    private final Spawn spawn = new Spawn();
    private final StringArray arguments = new StringArray();
    private final StringArray environment = new StringArray();
    private final VariableSink variables =
            (name, value) ->
                    environment.addVariable(name, value.getBytes(StandardCharsets.ISO_8859_1));

    ScriptLauncher(
            ScriptOptions options,
            EventLoop loop,
            ServerEvents events,
            @Nullable FileLimit fileLimit) {
        this.loop = loop;
        this.events = events;
        this.errors = new StandardErrors(loop, events);
        // File names are bytes; elsewhere they are strings of one character a byte.
        this.documentRoot =
                new String(
                        options.root().toString().getBytes(StandardCharsets.UTF_8),
                        StandardCharsets.ISO_8859_1);
        spawn.setFileLimit(fileLimit);
    }

    /**
     * Starts a script.
     *
     * @param localTarget path and query of the local redirect that is answered, or null
     * @param contentBytes how much content stands on its standard input, −1 for none
     * @return its process, watched
     * @throws HttpException 500 when it cannot be executed, 503 when a resource of the system is
     *     exhausted
     */
    ScriptProcess launch(
            Script script,
            Exchange exchange,
            @Nullable String localTarget,
            long contentBytes,
            int stdin,
            int stdout,
            ScriptProcess.Owner owner) {
        setEnvironment(script, exchange, localTarget, contentBytes);
        int pid = spawn(script, script.runBy(), stdin, stdout);
        if (pid == -Errno.ENOEXEC && script.runBy().isEmpty()) {
            List<byte[]> instead = script.runByInstead();
            pid = instead.isEmpty() ? pid : spawn(script, instead, stdin, stdout);
        }
        if (pid < 0) {
            throw failure(script, -pid);
        }
        return watch(script, pid, owner);
    }

    /**
     * Starts the file, or the program that runs it.
     *
     * @param runBy as {@link Script#runBy}
     * @return its pid, or {@code -errno}
     */
    private int spawn(Script script, List<byte[]> runBy, int stdin, int stdout) {
        byte[] file = script.file();
        arguments.clear();
        for (byte[] word : runBy) {
            arguments.add(word);
        }
        arguments.add(file);
        return spawn.spawnWatched(
                runBy.isEmpty() ? file : runBy.getFirst(),
                arguments,
                environment,
                script.directory(),
                stdin,
                stdout,
                errors.of(script.name()),
                script.route().rights());
    }

    private void setEnvironment(
            Script script, Exchange exchange, @Nullable String localTarget, long contentBytes) {
        environment.clear();
        for (byte[] variable : script.route().variables()) {
            environment.add(variable);
        }
        MetaVariables.write(
                exchange.request(),
                context(script, exchange, localTarget, contentBytes),
                variables);
    }

    /** The variables of a script that are not part of the request itself. */
    MetaVariables.Context context(
            Script script, Exchange exchange, @Nullable String localTarget, long contentBytes) {
        return new MetaVariables.Context(
                documentRoot,
                script.name(),
                script.filename(),
                script.pathInfo(),
                exchange.request().host().isEmpty() ? exchange.localHost() : "",
                exchange.localPort(),
                exchange.isSecure(),
                exchange.client().host(),
                exchange.client().port(),
                SOFTWARE,
                script.route().passAuthorization(),
                contentBytes,
                localTarget);
    }

    private ScriptProcess watch(Script script, int pid, ScriptProcess.Owner owner) {
        int pidFd = spawn.pidFd() >= 0 ? spawn.pidFd() : PidFd.open(pid);
        int result = pidFd;
        if (pidFd >= 0) {
            ScriptProcess process = new ScriptProcess(pid, pidFd, loop, owner);
            result = process.watch();
            if (result >= 0) {
                return process;
            }
            Descriptors.close(pidFd);
        }
        // Its end could not be observed, so it is killed now.
        Processes.killGroup(pid, Processes.SIGKILL);
        Processes.waitPid(pid, true);
        throw failure(script, -result);
    }

    /** The log gets the next step; the client gets the status only. */
    private HttpException failure(Script script, int errno) {
        int status =
                switch (errno) {
                    case Errno.EAGAIN, Errno.ENOMEM, Errno.EMFILE, Errno.ENFILE, Errno.ETXTBSY ->
                            503;
                    default -> 500;
                };
        String next =
                switch (errno) {
                    case Errno.ENOENT ->
                            "; the program that its first line (#!) names is missing (where lines"
                                    + " end in CR LF, the CR counts as part of the name), or it is"
                                    + " gone itself";
                    case Errno.ENOEXEC ->
                            "; begin it with a line like #!/bin/sh (no byte order mark before it),"
                                    + " or give it the ending of an interpreter";
                    case Errno.ENOSYS ->
                            "; limits and users of routes need the system call clone3 (Linux 5.5,"
                                    + " x86-64, not filtered)";
                    case Errno.EPERM -> "; another user for a route takes a server that is root";
                    case Errno.EAGAIN -> "; too many processes: raise the limit (ulimit -u)";
                    case Errno.EMFILE, Errno.ENFILE ->
                            "; too many open files: raise the limit (ulimit -n)";
                    default -> "";
                };
        String detail = "cannot be started: " + Errno.describe(errno) + next;
        events.handlerFailed(script.name(), detail);
        return new HttpException(status, "RFC 3875 §3.4", detail);
    }

    @Override
    public void close() {
        errors.close();
        spawn.close();
    }
}

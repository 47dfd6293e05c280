package caffeine.cli.serve;

import caffeine.cli.instance.Daemon;
import caffeine.cli.instance.Details;
import caffeine.cli.instance.Instance;
import caffeine.cli.instance.InstanceException;
import caffeine.cli.instance.InstanceFiles;
import caffeine.cli.options.Arguments;
import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.cli.options.Text;
import caffeine.server.engine.Engine;
import caffeine.server.options.LogOptions;

import org.jspecify.annotations.Nullable;

import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What other processes see of this server: the {@code listening} line, and the files of a named
 * instance.
 */
public final class Presence implements AutoCloseable {

    private final @Nullable InstanceFiles files;
    private final @Nullable Background background;
    private final ServiceManager manager;
    private final PrintStream output;
    private volatile @Nullable Instance instance;
    private volatile String greeting = "";

    private Presence(
            @Nullable InstanceFiles files,
            @Nullable Background background,
            ServiceManager manager,
            PrintStream output) {
        this.files = files;
        this.background = background;
        this.manager = manager;
        this.output = output;
    }

    /**
     * The presence that the arguments ask for.
     *
     * @param background not null in a process that was started to be a daemon
     * @param output standard output
     */
    public static Presence of(
            Arguments arguments,
            Surroundings surroundings,
            @Nullable Background background,
            PrintStream output) {
        String name = arguments.given(Option.NAME);
        InstanceFiles files = name == null ? null : InstanceFiles.of(surroundings.home(), name);
        // A daemon is not the process that a service manager has started.
        ServiceManager manager =
                background == null
                        ? ServiceManager.of(
                                surroundings.environment(), ProcessHandle.current().pid())
                        : ServiceManager.none();
        return new Presence(files, background, manager, output);
    }

    /**
     * Takes the name. In the background, redirects standard error to the log. Called first.
     *
     * @throws InstanceException when another process has the name
     */
    public void claim() throws InstanceException {
        if (files == null) {
            return;
        }
        Instance claimed = Instance.claim(files);
        instance = claimed;
        if (background != null) {
            claimed.openLog();
            background.logIsOpen();
        }
    }

    /** The log options of this server: a named one has a log file. */
    LogOptions logging(LogOptions options) {
        return files == null ? options : options.withFile(files.log(), background == null);
    }

    /** Makes the PID file; from now on signals must be caught. */
    public void appear() throws InstanceException {
        Instance known = instance;
        if (known != null) {
            known.appear();
        }
    }

    /**
     * Prepares for switching to a user without write permission for its files.
     *
     * @param details the details of the instance after the switch
     */
    public void handOver(Details details, int uid, int gid) throws InstanceException {
        Instance known = instance;
        if (known != null) {
            known.handOver(details, uid, gid);
        }
    }

    /** Where the log is, for a server that switched its user. */
    String whereTheLogIs() {
        return files == null
                ? "its log is standard error"
                : "its log stays "
                        + files.log()
                        + ", in the home folder of the user that started it";
    }

    /**
     * Says that it listens.
     *
     * @param line the line that says where
     * @return false when the command that started this daemon has ended, so that the daemon is
     *     unknown
     */
    public boolean running(String line, Details details) throws InstanceException {
        Instance known = instance;
        if (known != null) {
            known.running(details);
        }
        output.println(line);
        if (background != null) {
            boolean heard = !output.checkError();
            Daemon.release();
            return heard;
        }
        output.flush();
        greeting = line;
        manager.ready(line);
        return true;
    }

    /**
     * Its details have changed.
     *
     * @param line what {@link #running} would say
     */
    public void changed(String line, int workers, String path, long graceMs) {
        greeting = line;
        Instance known = instance;
        if (known != null) {
            known.changed(workers, path, graceMs);
        }
    }

    /** It runs: starts the watchdog messages to the service manager. */
    void watch(Engine engine) {
        manager.watch(engine);
    }

    /**
     * It reads its configuration again; {@link #reloaded} comes after it.
     *
     * @param number above those before
     */
    public void reloading(long number) {
        manager.reloading(System.nanoTime());
        Instance known = instance;
        if (known != null) {
            known.reloading(number);
        }
    }

    /**
     * It serves by the configuration that it has now.
     *
     * @param taken whether that is the new one
     * @param messages the messages about it
     */
    public void reloaded(long number, boolean taken, List<String> messages) {
        manager.ready(greeting);
        Instance known = instance;
        if (known != null) {
            known.reloaded(
                    number,
                    taken,
                    messages.stream().map(Text::oneLine).collect(Collectors.joining("\n")));
        }
    }

    /** It drains. */
    public void draining() {
        manager.stopping();
        Instance known = instance;
        if (known != null) {
            known.draining();
        }
    }

    boolean isNamed() {
        return files != null;
    }

    @Override
    public void close() {
        Instance known = instance;
        if (known != null) {
            known.close();
        }
    }
}

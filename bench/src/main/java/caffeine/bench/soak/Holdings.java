package caffeine.bench.soak;

import caffeine.bench.host.ProcessStat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the processes of a server hold at one moment.
 *
 * @param processes how many are its own
 * @param others its scripts, and what is left of them
 * @param descriptors of its own processes, counted by what they are
 * @param threads of the same, counted by name
 * @param files below its folder, logs that were moved away left out
 */
record Holdings(
        int processes,
        List<String> others,
        Map<String, Integer> descriptors,
        Map<String, Integer> threads,
        Set<String> files) {

    /** A JVM starts and ends these as it needs them. */
    private static final Set<String> COMPILERS = Set.of("C1 CompilerThre", "C2 CompilerThre");

    /** A JDK opens the pollers of its virtual threads when the first of each has to wait. */
    private static final int POLLERS = 4;

    static Holdings of(SoakServer server) throws IOException {
        List<Long> own = server.own();
        Map<String, Integer> descriptors = new TreeMap<>();
        Map<String, Integer> threads = new TreeMap<>();
        for (long pid : own) {
            countDescriptors(pid, descriptors);
            countThreads(pid, threads);
        }
        List<String> others = new ArrayList<>();
        for (ProcessStat process : server.processes()) {
            if (!own.contains(process.pid())) {
                others.add("%d %s".formatted(process.pid(), process.command()));
            }
        }
        for (ProcessStat process : ProcessStat.all()) {
            if (process.isZombie() && own.contains(process.parent())) {
                others.add("%d %s, a zombie".formatted(process.pid(), process.command()));
            }
        }
        return new Holdings(own.size(), others, descriptors, threads, files(server.folder()));
    }

    /** How many descriptors of all kinds. */
    int descriptorsInAll() {
        return descriptors.values().stream().mapToInt(n -> n).sum();
    }

    /** How many threads, those of the compilers left out. */
    int threadsInAll() {
        return threads.values().stream().mapToInt(n -> n).sum();
    }

    /** What must come back to what it was, and has not; empty when nothing is leaked. */
    List<String> grownSince(Holdings before) {
        List<String> grown = new ArrayList<>();
        if (processes != before.processes) {
            grown.add("processes: %d before, %d".formatted(before.processes, processes));
        }
        others.forEach(process -> grown.add("process " + process));
        descriptors.forEach(
                (kind, count) ->
                        compare(
                                "descriptors of " + kind,
                                before.descriptors.getOrDefault(kind, 0) + allowance(kind),
                                count,
                                grown));
        threads.forEach(
                (name, count) ->
                        compare(
                                "threads " + name,
                                before.threads.getOrDefault(name, 0) + lateThreads(name),
                                count,
                                grown));
        files.stream()
                .filter(file -> !before.files.contains(file))
                .forEach(file -> grown.add("file " + file));
        return grown;
    }

    private static void compare(String what, int limit, int count, List<String> grown) {
        if (count > limit) {
            grown.add("%s: at most %d, %d".formatted(what, limit, count));
        }
    }

    /**
     * Each loop keeps a pipe for the standard error of each script, both ends; a JVM opens a jar
     * when the first class comes that its cache does not hold.
     */
    private int allowance(String kind) {
        return switch (kind) {
            case "anon_inode:[eventpoll]" -> POLLERS;
            case "pipe" -> 2 * SoakServer.LOOPS * DocumentScripts.COUNT;
            default -> kind.endsWith(".jar") ? processes : 0;
        };
    }

    /** Carriers, pollers and the attaching of jcmd come when they are first needed. */
    private int lateThreads(String name) {
        return switch (name) {
            case "ForkJoinPool-#-", "Read-Poller", "Write-Poller", "VirtualThread-u" -> POLLERS;
            case "Attach Listener", "Common-Cleaner" -> processes;
            // A writer for each log, which starts with the first line that is written to it.
            case "log" -> 2 * processes;
            default -> 0;
        };
    }

    private static void countDescriptors(long pid, Map<String, Integer> counts) throws IOException {
        for (Path link : entries("/proc/" + pid + "/fd")) {
            try {
                counts.merge(kindOf(Files.readSymbolicLink(link).toString()), 1, Integer::sum);
            } catch (IOException _) {
                // It was closed meanwhile.
            }
        }
    }

    private static String kindOf(String target) {
        if (target.startsWith("/memfd:")) {
            return "memfd";
        }
        if (target.endsWith(" (deleted)")) {
            return target.replaceAll("[^/]* \\(deleted\\)$", "a file without a name");
        }
        return target.startsWith("/") ? target : target.replaceAll(":?\\[?\\d+\\]?$", "");
    }

    private static void countThreads(long pid, Map<String, Integer> counts) throws IOException {
        for (Path task : entries("/proc/" + pid + "/task")) {
            try {
                String name = Files.readString(task.resolve("comm")).strip();
                if (!COMPILERS.contains(name)) {
                    counts.merge(name.replaceAll("\\d+", "#"), 1, Integer::sum);
                }
            } catch (IOException _) {
                // It ended meanwhile.
            }
        }
    }

    private static List<Path> entries(String folder) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of(folder))) {
            all.forEach(entries::add);
        } catch (NoSuchFileException _) {
            // The process has ended.
        }
        return entries;
    }

    /** All that is below a folder and no folder itself. */
    static Set<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> !Files.isDirectory(file))
                    .map(file -> folder.relativize(file).toString())
                    .filter(file -> !file.startsWith("access.log."))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** A condition about processes that may end while it is looked at. */
    static boolean quietly(Callable<Boolean> condition) {
        try {
            return condition.call();
        } catch (Exception _) {
            return false;
        }
    }
}

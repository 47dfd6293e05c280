package caffeine.bench.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Where programs are. */
public final class Tools {

    private Tools() {}

    private static final String SYSTEM = "/usr/local/bin:/usr/bin:/bin";
    private static final String ADMINISTRATION = "/usr/local/sbin:/usr/sbin:/sbin";

    /** A program of the first of these names that is found, also where only root's PATH looks. */
    public static Optional<Path> find(String... names) {
        String path = System.getenv().getOrDefault("PATH", SYSTEM);
        return Stream.of(names).flatMap(name -> in(path + ":" + ADMINISTRATION, name)).findFirst();
    }

    /**
     * A program that every user can run, if there is one: the first one in a user's PATH may be a
     * wrapper, and lie in a home.
     */
    public static Optional<Path> findForEverybody(String name) {
        return in(SYSTEM, name).findFirst().or(() -> find(name));
    }

    private static Stream<Path> in(String folders, String name) {
        return Stream.of(folders.split(":", -1))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name))
                .filter(Files::isRegularFile)
                .filter(Files::isExecutable);
    }
}

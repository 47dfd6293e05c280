package caffeine.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * A folder of files that do not compress, for servers of files.
 *
 * @param folder where it is
 */
public record FileSite(Path folder) {

    /** A small file. */
    public static final String SMALL = "small.txt";

    /** More than most servers keep in memory. */
    public static final String MEDIUM = "medium.bin";

    /** A large one. */
    public static final String LARGE = "large.bin";

    /** Small files: {@code many/99/99.txt}. */
    public static final String MANY = "many";

    /** How many folders of as many files. */
    public static final int SIDE = 100;

    private static final int SMALL_BYTES = 1024;
    private static final int MEDIUM_BYTES = 100 * 1024;
    private static final int LARGE_BYTES = 1024 * 1024;

    /** Makes it. */
    public static FileSite create(Path folder) throws IOException {
        Random random = new Random(1);
        Files.createDirectories(folder);
        byte[] bytes = new byte[LARGE_BYTES];
        random.nextBytes(bytes);
        Files.write(folder.resolve(SMALL), Arrays.copyOf(bytes, SMALL_BYTES));
        Files.write(folder.resolve(MEDIUM), Arrays.copyOf(bytes, MEDIUM_BYTES));
        Files.write(folder.resolve(LARGE), bytes);
        byte[] each = new byte[SMALL_BYTES];
        for (int i = 0; i < SIDE; i++) {
            Path sub = Files.createDirectories(folder.resolve(MANY).resolve(Integer.toString(i)));
            for (int j = 0; j < SIDE; j++) {
                random.nextBytes(each);
                Files.write(sub.resolve(j + ".txt"), each);
            }
        }
        return new FileSite(folder);
    }
}

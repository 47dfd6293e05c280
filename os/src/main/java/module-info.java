import org.jspecify.annotations.NullMarked;

/**
 * Every system call the server makes, and nothing else: bindings, struct layouts, errno.
 *
 * <p>Results are {@code >= 0}, or {@code -errno}. This module alone calls restricted methods, so a
 * JVM that uses it is started with {@code --enable-native-access=caffeine.os}.
 */
@NullMarked
module caffeine.os {
    // For the compiler alone; not transitive, or no module could require this one without it.
    requires static org.jspecify;

    exports caffeine.os;
    exports caffeine.os.linux;
}

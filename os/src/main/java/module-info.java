import org.jspecify.annotations.NullMarked;

/** Every system call the server makes, and nothing else: bindings, struct layouts, errno. */
@NullMarked
module caffeine.os {
    requires static transitive org.jspecify;
}

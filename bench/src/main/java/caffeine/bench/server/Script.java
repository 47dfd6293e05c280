package caffeine.bench.server;

/** What the servers run. Each exists as a CGI/1.1 script and as a direct one. */
public enum Script {
    TINY("tiny", "a static binary of two system calls", 6),
    SHELL("sh", "a shell script of one printf", 6),
    PYTHON("python", "a Python script that writes one line", 6),
    MEGABYTE("1mb", "a static binary that writes 1 MiB", 1 << 20);

    /** The file's name, and what tables call it. */
    public final String label;

    public final String description;

    /** How long its response's content is. */
    public final long contentBytes;

    Script(String label, String description, long contentBytes) {
        this.label = label;
        this.description = description;
        this.contentBytes = contentBytes;
    }
}

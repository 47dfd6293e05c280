import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes what is installed: {@code java Image.java REPOSITORY BUILD PREFIX}.
 *
 * <pre>
 * BUILD/image/java/          a Java of our modules and those that they need (jlink)
 * BUILD/image/bin/caffeine   what starts it
 * BUILD/image/*.aot          the AOT caches, unless their training failed
 * BUILD/image/copyright      whose all of this is, and LICENSE
 * BUILD/image/id             the name of this build: it changes with every byte of the above
 * BUILD/share/               man page, completion
 * BUILD/Makefile             and the scripts that it calls
 * </pre>
 *
 * Our modules are linked into the Java, so no path of a jar is written down anywhere, and the AOT
 * caches fit wherever the image is put.
 */
final class Image {
    private static final String MODULE = "caffeine.cli";

    /** What goes beside the image as it is. */
    private static final List<String> COPIES =
            List.of(
                    "packaging/install.sh",
                    "packaging/deb.sh",
                    "packaging/debian/copyright",
                    "packaging/debian/lintian-overrides",
                    "packaging/debian/postinst",
                    "packaging/debian/prerm",
                    "packaging/debian/postrm",
                    "packaging/systemd/caffeine@.service",
                    "packaging/systemd/caffeine@.socket",
                    "packaging/Containerfile",
                    "packaging/health",
                    "examples/caffeine.toml");

    private static final int ID_LENGTH = 12;

    private final Path repository;
    private final Path app;
    private final Path build;
    private final Path image;
    private final Path work;

    private Image(Path repository, Path build) {
        this.repository = repository;
        this.app = repository.resolve("cli/target/app");
        this.build = build;
        this.image = build.resolve(".image.new");
        this.work = build.resolve(".work");
    }

    public static void main(String[] args) throws InterruptedException {
        Path build = Path.of(args[1]);
        try {
            Image image = new Image(Path.of(args[0]), build);
            try {
                image.make();
                image.fill(Path.of(args[2]));
            } finally {
                Training.deleteAll(image.work);
                Training.deleteAll(image.image);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("caffeine: " + build + " cannot be filled: " + e);
            System.exit(1);
        }
    }

    private void make() throws IOException {
        Files.createDirectories(build);
        Training.deleteAll(work);
        Training.deleteAll(image);
        Files.createDirectories(image.resolve("bin"));
        link();
        Files.copy(app.resolve("jvm.options"), image.resolve("jvm.options"));
        Path launcher = image.resolve("bin/caffeine");
        Files.copy(repository.resolve("LICENSE"), image.resolve("LICENSE"));
        Path copyright = repository.resolve("packaging/debian/copyright");
        Files.copy(copyright, image.resolve("copyright"));
        Files.copy(repository.resolve("packaging/caffeine"), launcher);
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        String failure = Training.train(List.of(java(), options()), image);
        if (!failure.isEmpty()) {
            // A cache only saves time.
            System.err.println(
                    "caffeine: no AOT cache was made, so every start takes longer; to try"
                            + " again, run ./build.sh. The reason: "
                            + failure);
        }
        Files.writeString(image.resolve("id"), version() + "-" + digest() + "\n");
    }

    private String java() {
        return image.resolve("java/bin/java").toString();
    }

    private String options() {
        return "@" + image.resolve("jvm.options");
    }

    private void link() throws IOException {
        Path modules = Files.createDirectories(work.resolve("modules"));
        try (Stream<Path> jars = Files.list(app.resolve("modules"))) {
            for (Path jar : jars.toList()) {
                Path copy = modules.resolve(jar.getFileName());
                Files.copy(jar, copy);
                makeModular(copy);
            }
        }
        run(
                "jlink",
                "--module-path=" + modules,
                "--add-modules=" + MODULE,
                "--compress=zip-6",
                "--vm=server",
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--output=" + image.resolve("java"));
        // Tools of a JDK: one edits keys, the other lets an older Java look into this one.
        Files.delete(image.resolve("java/bin/keytool"));
        Files.delete(image.resolve("java/lib/jrt-fs.jar"));
    }

    /** Gives a jar that has no module descriptor one that says what it would mean without. */
    private void makeModular(Path jar) throws IOException {
        ModuleDescriptor module = ModuleFinder.of(jar).findAll().iterator().next().descriptor();
        if (!module.isAutomatic()) {
            return;
        }
        Path folder = Files.createDirectories(work.resolve(module.name()));
        Path source = folder.resolve("module-info.java");
        String exports =
                module.packages().stream()
                        .sorted()
                        .map(name -> "exports " + name + ";\n")
                        .collect(Collectors.joining());
        Files.writeString(source, "module " + module.name() + " {\n" + exports + "}\n");
        String patch = module.name() + "=" + jar;
        run("javac", "-d", folder.toString(), "--patch-module", patch, source.toString());
        String target = jar.toString();
        run("jar", "--update", "--file", target, "-C", folder.toString(), "module-info.class");
    }

    private static void run(String tool, String... words) throws IOException {
        ToolProvider provider =
                ToolProvider.findFirst(tool)
                        .orElseThrow(() -> new IOException("this Java has no " + tool));
        if (provider.run(System.err, System.err, words) != 0) {
            throw new IOException(tool + " failed; what it said stands above");
        }
    }

    private String version() throws IOException {
        Path modules = work.resolve("modules");
        return ModuleFinder.of(modules)
                .find(MODULE)
                .flatMap(module -> module.descriptor().rawVersion())
                .orElseThrow(() -> new IOException(MODULE + " has no version"));
    }

    /** Of all files of the image. */
    private String digest() throws IOException {
        try (Stream<Path> all = Files.walk(image)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                digest.update(image.relativize(file).toString().getBytes());
                try (InputStream bytes = Files.newInputStream(file)) {
                    for (int got; (got = bytes.read(buffer)) >= 0; ) {
                        digest.update(buffer, 0, got);
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, ID_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    /** What lies around the image; and the image comes into its place. */
    private void fill(Path prefix) throws IOException, InterruptedException {
        write("man", "share/man/man1/caffeine.1");
        write("bash", "share/bash-completion/completions/caffeine");
        write("zsh", "share/zsh/site-functions/_caffeine");
        for (String name : COPIES) {
            Path target = build.resolve(name.replaceFirst("packaging/|examples/", ""));
            Files.createDirectories(target.getParent());
            Path source = repository.resolve(name);
            Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
        }
        // A dollar sign begins a variable in a makefile.
        String makefile = Files.readString(repository.resolve("packaging/Makefile.in"));
        String text = makefile.replace("@PREFIX@", prefix.toString().replace("$", "$$"));
        Files.writeString(build.resolve("Makefile"), text);
        Training.deleteAll(build.resolve("image"));
        Files.move(image, build.resolve("image"));
    }

    /** What the command itself says of its options, in one of the forms that it knows. */
    private void write(String form, String name) throws IOException, InterruptedException {
        Path file = build.resolve(name);
        Files.createDirectories(file.getParent());
        List<String> command = new ArrayList<>(List.of(java(), options()));
        command.addAll(List.of("--module", MODULE + "/caffeine.cli.manual.OptionText", form));
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(file.toFile());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        if (builder.start().waitFor() != 0) {
            throw new IOException(name + " cannot be made");
        }
    }
}

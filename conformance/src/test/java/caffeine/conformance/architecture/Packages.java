package caffeine.conformance.architecture;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodTypeEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the packages below one folder of classes use: read from the class files, and from the
 * imports of the sources, because a constant that the compiler copies leaves no other trace.
 */
final class Packages {
    private static final Pattern IN_DESCRIPTOR = Pattern.compile("L([\\w/$]+);");
    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?([\\w.]+);", Pattern.MULTILINE);

    private final Map<String, Set<String>> uses = new TreeMap<>();
    private final Set<String> mentions = new TreeSet<>();

    /**
     * @param classes the root of a module's compiled classes
     * @param sources the root of its sources
     */
    static Packages read(Path classes, Path sources) throws IOException {
        Packages packages = new Packages();
        for (Path file : files(classes, ".class")) {
            packages.uses.putIfAbsent(packageOf(classes, file), new TreeSet<>());
        }
        for (Path file : files(classes, ".class")) {
            packages.readClass(packageOf(classes, file), ClassFile.of().parse(file));
        }
        for (Path file : files(sources, ".java")) {
            packages.readImports(packageOf(sources, file), Files.readString(file));
        }
        return packages;
    }

    /** The packages of this module, each with those of the same module that it uses. */
    Map<String, Set<String>> uses() {
        return uses;
    }

    /**
     * Everything outside {@code java.lang} and this module that its code names, as {@code
     * java.net.Socket} and, for a member, {@code java.lang.System.nanoTime}.
     */
    Set<String> mentions() {
        return mentions;
    }

    /** A way from a package back to itself, with that package at both ends; empty without one. */
    List<String> cycle() {
        Set<String> harmless = new TreeSet<>();
        for (String start : uses.keySet()) {
            List<String> found = follow(start, new ArrayList<>(), harmless);
            if (!found.isEmpty()) {
                return found;
            }
        }
        return List.of();
    }

    private List<String> follow(String at, List<String> way, Set<String> harmless) {
        int seen = way.indexOf(at);
        way.add(at);
        if (seen >= 0) {
            return way.subList(seen, way.size());
        }
        if (!harmless.contains(at)) {
            for (String next : uses.getOrDefault(at, Set.of())) {
                List<String> found = follow(next, way, harmless);
                if (!found.isEmpty()) {
                    return found;
                }
            }
        }
        way.removeLast();
        harmless.add(at);
        return List.of();
    }

    private void readClass(String from, ClassModel model) {
        for (PoolEntry entry : model.constantPool()) {
            switch (entry) {
                case ClassEntry type -> mention(from, type.asInternalName());
                case NameAndTypeEntry member -> mentionAll(from, member.type().stringValue());
                case MethodTypeEntry type -> mentionAll(from, type.descriptor().stringValue());
                case MemberRefEntry member ->
                        mentions.add(
                                member.owner().asInternalName().replace('/', '.')
                                        + "."
                                        + member.name().stringValue());
                default -> {
                    // Numbers and texts name no type.
                }
            }
        }
        model.fields().forEach(field -> mentionAll(from, field.fieldType().stringValue()));
        model.methods().forEach(method -> mentionAll(from, method.methodType().stringValue()));
    }

    private void mentionAll(String from, String descriptor) {
        Matcher types = IN_DESCRIPTOR.matcher(descriptor);
        while (types.find()) {
            mention(from, types.group(1));
        }
    }

    private void mention(String from, String internalName) {
        if (internalName.startsWith("[")) {
            mentionAll(from, internalName);
            return;
        }
        String type = internalName.replace('/', '.');
        mentions.add(type);
        connect(from, type.substring(0, Math.max(0, type.lastIndexOf('.'))));
    }

    private void readImports(String from, String source) {
        Matcher imports = IMPORT.matcher(source);
        while (imports.find()) {
            // A static import names a member, a nested class lies deeper: the longest package
            // counts.
            String name = imports.group(1);
            while (!name.isEmpty() && !uses.containsKey(name)) {
                name = name.substring(0, Math.max(0, name.lastIndexOf('.')));
            }
            connect(from, name);
        }
    }

    private void connect(String from, String to) {
        if (uses.containsKey(to) && !to.equals(from)) {
            uses.computeIfAbsent(from, _ -> new TreeSet<>()).add(to);
        }
    }

    private static String packageOf(Path root, Path file) {
        Path folder = root.relativize(file).getParent();
        return folder == null ? "" : folder.toString().replace('/', '.');
    }

    private static List<Path> files(Path root, String ending) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(file -> file.toString().endsWith(ending))
                    .filter(file -> !file.endsWith("module-info" + ending))
                    .toList();
        }
    }
}

package caffeine.conformance.architecture;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes down the calls of each request in a server: an agent for its JVM (java.lang.instrument).
 * From a {@code recv} on, each method of ours that a thread enters or leaves is a line; with each
 * {@code send} the lines go to a file in the folder that is the agent's argument.
 */
public final class WayAgent {

    private static final String RECEIVE = "> caffeine/os/Sockets.recv";
    private static final String SEND = "< caffeine/os/Sockets.send";

    private static final Map<Thread, List<String>> WAYS = new ConcurrentHashMap<>();
    private static Path folder = Path.of("");
    private static int requests;

    private WayAgent() {}

    /** Called by the JVM. */
    public static void premain(String argument, Instrumentation instrumentation) {
        folder = Path.of(argument);
        instrumentation.addTransformer(new Entries());
    }

    /** Called by each method of ours. */
    public static void enter(String method) {
        note("> " + method);
    }

    /** Called by each method of ours that returns. */
    public static void leave(String method) {
        note("< " + method);
    }

    private static void note(String line) {
        if (line.equals(RECEIVE)) {
            WAYS.put(Thread.currentThread(), new ArrayList<>());
        }
        List<String> way = WAYS.get(Thread.currentThread());
        if (way == null) {
            return;
        }
        way.add(line);
        if (line.startsWith(SEND)) {
            write(way);
        }
    }

    private static synchronized void write(List<String> way) {
        try {
            Path file = folder.resolve("way-" + requests++ + ".tmp");
            Files.write(file, way);
            Files.move(file, Path.of(file.toString().replace(".tmp", ".txt")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds the two calls to every method with code, but for constructors. */
    private static final class Entries implements ClassFileTransformer {

        private static final MethodTypeDesc NOTE =
                MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String);

        @Override
        public byte @Nullable [] transform(
                Module module,
                ClassLoader loader,
                String name,
                Class<?> redefined,
                ProtectionDomain domain,
                byte[] bytes) {
            boolean ours = name != null && name.startsWith("caffeine/") && module.isNamed();
            return ours ? transform(loader, name, bytes) : null;
        }

        private static byte[] transform(ClassLoader loader, String name, byte[] bytes) {
            ClassFile file =
                    ClassFile.of(
                            ClassFile.ClassHierarchyResolverOption.of(
                                    ClassHierarchyResolver.ofResourceParsing(loader)
                                            .orElse(ClassHierarchyResolver.defaultResolver())));
            ClassTransform methods =
                    (builder, element) -> {
                        if (element instanceof MethodModel method
                                && !method.methodName().stringValue().startsWith("<")) {
                            String named = name + "." + method.methodName().stringValue();
                            builder.transformMethod(
                                    method, MethodTransform.transformingCode(noting(named)));
                        } else {
                            builder.with(element);
                        }
                    };
            return file.transformClass(file.parse(bytes), methods);
        }

        private static CodeTransform noting(String method) {
            ClassDesc agent = ClassDesc.of(WayAgent.class.getName());
            return new CodeTransform() {
                @Override
                public void atStart(CodeBuilder builder) {
                    builder.ldc(method).invokestatic(agent, "enter", NOTE);
                }

                @Override
                public void accept(CodeBuilder builder, CodeElement element) {
                    if (element instanceof ReturnInstruction) {
                        builder.ldc(method).invokestatic(agent, "leave", NOTE);
                    }
                    builder.with(element);
                }
            };
        }
    }
}

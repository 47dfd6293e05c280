package caffeine.server.prefork;

import static caffeine.server.prefork.OptionsCodec.readText;
import static caffeine.server.prefork.OptionsCodec.writeText;

import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Routes as bytes, whatever settings there are: what tells them apart is the types alone. */
final class RoutesCodec {

    private RoutesCodec() {}

    static void write(List<RouteOptions> routes, DataOutputStream out) throws IOException {
        out.writeInt(routes.size());
        for (RouteOptions route : routes) {
            writeText(route.prefix(), out);
            out.writeInt(route.settings().size());
            for (Map.Entry<RouteSetting, Object> setting : route.settings().entrySet()) {
                out.writeUTF(setting.getKey().name());
                write(setting.getValue(), out);
            }
        }
    }

    private static void write(Object value, DataOutputStream out) throws IOException {
        switch (value) {
            case Boolean flag -> out.writeBoolean(flag);
            case Long number -> out.writeLong(number);
            case String text -> writeText(text, out);
            case List<?> list -> {
                out.writeInt(list.size());
                for (Object each : list) {
                    writeText((String) each, out);
                }
            }
            default -> throw new IllegalStateException("no type of a setting: " + value);
        }
    }

    static List<RouteOptions> read(DataInputStream in) throws IOException {
        List<RouteOptions> routes = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            String prefix = readText(in);
            Map<RouteSetting, Object> settings = new EnumMap<>(RouteSetting.class);
            for (int more = in.readInt(); more > 0; more--) {
                RouteSetting setting = RouteSetting.valueOf(in.readUTF());
                settings.put(setting, read(setting.type, in));
            }
            routes.add(new RouteOptions(prefix, settings));
        }
        return routes;
    }

    private static Object read(RouteSetting.Type type, DataInputStream in) throws IOException {
        return switch (type) {
            case FLAG -> in.readBoolean();
            case COUNT, SIZE, TIME -> in.readLong();
            case WORD, TEXT -> readText(in);
            case TOKENS, VARIABLES, ASSIGNMENTS -> {
                List<String> list = new ArrayList<>();
                for (int left = in.readInt(); left > 0; left--) {
                    list.add(readText(in));
                }
                yield List.copyOf(list);
            }
        };
    }
}

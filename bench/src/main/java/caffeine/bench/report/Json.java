package caffeine.bench.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;

import org.jspecify.annotations.Nullable;

import java.io.IOException;

/** Results for programs: the records as they are, and null for a figure that is not known. */
public final class Json {
    private static final Gson GSON =
            new GsonBuilder()
                    .setPrettyPrinting()
                    .disableHtmlEscaping()
                    .registerTypeAdapter(double.class, new Figure())
                    .registerTypeAdapter(Double.class, new Figure())
                    .serializeNulls()
                    .create();

    private Json() {}

    /** Records, maps, lists, texts and figures as JSON. */
    public static String of(Object value) {
        return GSON.toJson(value);
    }

    /** JSON has no NaN. */
    private static final class Figure extends TypeAdapter<Double> {
        @Override
        public void write(JsonWriter out, @Nullable Double value) throws IOException {
            if (value == null || value.isNaN() || value.isInfinite()) {
                out.nullValue();
            } else {
                out.value(Math.round(value * 1000) / 1000.0);
            }
        }

        @Override
        public Double read(JsonReader in) {
            throw new UnsupportedOperationException("nothing is read");
        }
    }
}

package caffeine.cli.options;

import caffeine.server.options.RouteSetting;

import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

import java.math.BigDecimal;

/** The types of TOML in which an option's value may be written; what its label says. */
public enum Kind {
    /** Yes or no: an option without a value. */
    FLAG,
    /** A whole number. */
    COUNT,
    /** Bytes, or text with a unit. */
    SIZE,
    /** Seconds, or text with a unit. */
    TIME,
    /** A file or folder. */
    PATH,
    /** Anything else. */
    TEXT;

    public static Kind of(Option option) {
        return switch (option.label) {
            case null -> FLAG;
            case "N", "PORT" -> COUNT;
            case "SIZE" -> SIZE;
            case "TIME" -> TIME;
            case "FILE", "FOLDER" -> PATH;
            default -> TEXT;
        };
    }

    public static Kind of(RouteSetting.Type type) {
        return switch (type) {
            case FLAG -> FLAG;
            case COUNT -> COUNT;
            case SIZE -> SIZE;
            case TIME -> TIME;
            case WORD, TEXT, TOKENS, VARIABLES, ASSIGNMENTS -> TEXT;
        };
    }

    /** The value as the command line would write it; null when it is of a wrong type. */
    public @Nullable String text(@Nullable Object value) {
        return switch (this) {
            case FLAG -> value instanceof Boolean flag ? flag.toString() : null;
            case COUNT -> value instanceof Long number ? number.toString() : null;
            case SIZE -> value instanceof Long || value instanceof String ? value.toString() : null;
            case TIME -> value instanceof Double time ? decimal(time) : SIZE.text(value);
            case PATH, TEXT -> value instanceof String text ? text : null;
        };
    }

    /** Without an exponent, which no option reads. */
    private static String decimal(double number) {
        return Double.isFinite(number)
                ? BigDecimal.valueOf(number).toPlainString()
                : Double.toString(number);
    }

    /**
     * The valid form, for a message.
     *
     * @param many whether it may be a list
     */
    String advice(boolean many) {
        return switch (this) {
            case FLAG -> "give true or false, without quotes";
            case COUNT -> "give a whole number, without quotes";
            case SIZE -> "give bytes as in 65536, or text as in \"64k\"";
            case TIME -> "give seconds as in 5 or 0.5, or text as in \"500ms\"";
            case PATH, TEXT ->
                    many ? "give text, or a list as in [\"one\", \"two\"]" : "give text, in quotes";
        };
    }

    /** The present value, as the beginning of a sentence. */
    public static String describe(@Nullable Object value) {
        return switch (value) {
            case String text -> Text.quoted(text) + " is text";
            case Long number -> number + " is a number";
            case Double number -> number + " is a number with decimals";
            case Boolean flag -> flag + " is true or false";
            case TomlArray _ -> "a list stands here";
            case TomlTable _ -> "a table stands here";
            case null, default -> value + " is a date or a time";
        };
    }
}
